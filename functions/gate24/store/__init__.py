"""The only place that knows the table and PynamoDB."""
