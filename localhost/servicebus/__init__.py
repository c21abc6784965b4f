"""A Service Bus on one machine: an AMQP 1.0 broker that the untouched `azure-servicebus` client talks to."""
