"""Outbound webhooks: tell others when jobs end."""
