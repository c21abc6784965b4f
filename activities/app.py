"""The blueprint that every activity registers with."""

import azure.durable_functions as df

app = df.Blueprint()
