"""Connections of a JNDI DataSource, and what is said when there is none. Run by JUnit, in Jython."""

import os
import shutil
import tempfile
import unittest

import sqlite3
from djwar_jdbc import datasource
from djwar_jdbc.drivers import Driver
from java.sql import Connection
from javax.sql import DataSource
from org.djwar.runtime.jdbc import NamingForTests
from org.sqlite import SQLiteDataSource

NAME = 'java:comp/env/jdbc/app'


NamingForTests.install()


class PooledConnection(Connection):
    """What a pool hands out: the driver's connection behind a wrapper whose `close` returns it."""

    def __init__(self, pool, inner):
        self.pool = pool
        self.inner = inner

    def unwrap(self, wanted):
        return self.inner

    def close(self):
        self.pool.returned += 1
        self.inner.close()


class Pool(DataSource):
    def __init__(self, path):
        self.source = SQLiteDataSource()
        self.source.setUrl('jdbc:sqlite:' + path)
        self.taken = self.returned = 0

    def getConnection(self):
        self.taken += 1
        return PooledConnection(self, self.source.getConnection())


class Wrapper(object):
    """As much of Django's DatabaseWrapper as counts."""

    settings_dict = {}

    def __init__(self, alias):
        self.alias = alias

    def get_new_connection(self, **options):
        return sqlite3.connect(**options)


class DataSources(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.pool = Pool(os.path.join(self.folder, 'pooled.db'))
        NamingForTests.bind(NAME, self.pool)

    def tearDown(self):
        NamingForTests.clear()
        os.environ.pop('DJWAR_DATASOURCE_DEFAULT', None)
        shutil.rmtree(self.folder)

    def files(self):
        return sorted(os.listdir(self.folder))

    def test_a_database_with_a_parameter_takes_its_connection_there(self):
        os.environ['DJWAR_DATASOURCE_DEFAULT'] = NAME
        connection = Wrapper('default').get_new_connection(database=os.path.join(self.folder, 'own.db'))
        connection.execute('CREATE TABLE t (a)')
        self.assertEqual(self.files(), ['pooled.db'])
        connection.execute('INSERT INTO t VALUES (1)')
        connection.close()
        self.assertEqual((self.pool.taken, self.pool.returned), (1, 1))

    def test_other_databases_keep_their_settings(self):
        os.environ['DJWAR_DATASOURCE_DEFAULT'] = NAME
        connection = Wrapper('other').get_new_connection(database=os.path.join(self.folder, 'own.db'))
        connection.execute('CREATE TABLE t (a)')
        connection.close()
        self.assertEqual((self.files(), self.pool.taken), (['own.db'], 0))

    def test_an_open_transaction_does_not_go_back_to_the_pool(self):
        connection = sqlite3.connect(database='', datasource=NAME)
        connection.execute('CREATE TABLE t (a)')
        connection.execute('INSERT INTO t VALUES (1)')
        connection.close()
        connection = sqlite3.connect(database='', datasource=NAME)
        self.assertEqual(connection.execute('SELECT * FROM t').fetchall(), [])
        connection.close()

    def test_a_name_that_is_not_bound_is_said(self):
        with self.assertRaisesRegexp(sqlite3.OperationalError, 'no DataSource is bound to `java:comp/env/jdbc/other`'):
            sqlite3.connect(database='', datasource='java:comp/env/jdbc/other')

    def test_the_start_can_say_which_parameter_names_what_is_not_bound(self):
        os.environ['DJWAR_DATASOURCE_DEFAULT'] = NAME
        self.assertEqual(list(datasource.trouble()), [])
        os.environ['DJWAR_DATASOURCE_DEFAULT'] = 'java:comp/env/jdbc/other'
        said, = datasource.trouble()
        self.assertIn('no DataSource is bound to `java:comp/env/jdbc/other`', said)
        self.assertIn('correct `djwar.datasource.default`', said)
        self.assertEqual(self.pool.taken, 0)

    def test_a_name_of_something_else_is_said(self):
        NamingForTests.bind('java:comp/env/answer', 42)
        with self.assertRaisesRegexp(sqlite3.OperationalError, 'is bound to a int, not to a javax.sql.DataSource'):
            sqlite3.connect(database='', datasource='java:comp/env/answer')


class MissingDrivers(unittest.TestCase):
    DRIVER = Driver('somedb', 'com.example.NoSuchDriver', 'com.example:somedb')

    def tearDown(self):
        os.environ.pop('DJWAR_DATASOURCE_DEFAULT', None)

    def test_the_coordinates_are_named_at_import(self):
        with self.assertRaisesRegexp(ImportError, 'somedb needs the jar `com.example:somedb` in WEB-INF/lib'):
            self.DRIVER.require()

    def test_a_datasource_may_bring_a_driver_of_the_containers_own(self):
        os.environ['DJWAR_DATASOURCE_DEFAULT'] = NAME
        self.DRIVER.require()
        self.assertTrue(datasource.any_named())
