"""What the DB-API modules `sqlite3`, `psycopg2` and `MySQLdb` of this folder share: Django's own
backends import those modules under Jython, and they talk to the database through JDBC.

Owns where a connection comes from (a driver in the WAR, or a JNDI DataSource), how a SQLException
becomes a DB-API error, and the cursor that hands out rows. Knows nothing of Django but the attribute
`alias` of the wrapper that asks for a connection.
"""

from djwar_jdbc.binary import Binary
from djwar_jdbc.connections import close_all

__all__ = ['Binary', 'close_all']
