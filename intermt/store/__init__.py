"""The one place that knows the folder on disk and the database in it."""
