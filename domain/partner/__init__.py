"""The provider's relationships with its customers as a Microsoft partner (GDAP), held against the policy."""
