"""A Service Bus on one machine: an AMQP 1.0 broker that the untouched `azure-servicebus` client talks to.

It knows queues and topics with subscriptions, peek-lock and receive-and-delete, sessions, dead-letter sub-queues, duplicate
detection, scheduled and deferred messages, and what clients ask of `$management`. Everything is kept in one SQLite file. It is
made for one machine: no transactions, no rules on subscriptions, no forwarding, no partitions.
"""
