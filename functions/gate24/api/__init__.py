"""The API's outside: its schemas, their limits and validation, and the OpenAPI document made of them."""
