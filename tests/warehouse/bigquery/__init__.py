"""The BigQuery engine on the wire, against a server on loopback.

The server answers only requests that Google's discovery document allows, and gives only answers
that it describes; any other request fails the test that made it.
"""
