"""The same function app on one machine: functions host, durable engine, Graph simulator, mailbox."""
