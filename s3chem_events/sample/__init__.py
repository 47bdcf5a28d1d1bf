"""The S3Chem sample content: facts of the project in our own words."""
