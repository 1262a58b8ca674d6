"""The whole product as people meet it: a browser in front of a running Dagster."""
