"""What every HTTP endpoint shares: authorization, parameters, responses."""
