"""The application object, for flask, the WSGI server and the debugger."""

from s3chem_events import create_app, schema

app = schema.bind(create_app())
