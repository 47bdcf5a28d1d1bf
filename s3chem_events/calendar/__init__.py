"""iCalendar: entries in, bytes out; knows no table and no web."""
