"""The function app on one machine: functions host, durable engine, Service Bus and Graph simulator."""
