# -*- coding: utf-8 -*-
"""`psycopg2` over JDBC, as Django's postgresql backend uses it. Run by JUnit, in Jython, with a server's address in
the environment."""

import datetime
import decimal
import os
import time
import unittest
import uuid

import psycopg2
import psycopg2.extensions
import psycopg2.extras
from java.lang import System
from java.sql import DriverManager

psycopg2.extensions.register_type(psycopg2.extensions.UNICODE)
psycopg2.extensions.register_type(psycopg2.extensions.UNICODEARRAY)
psycopg2.extras.register_uuid()
EAST = psycopg2.tz.FixedOffsetTimezone(330)


def connect(**options):
    wanted = dict(host='127.0.0.1', port=os.environ['TEST_PGPORT'], user='tester', password='p@ss w/rd%', database='postgres')
    wanted.update(options)
    return psycopg2.connect(**wanted)


class Postgres(unittest.TestCase):
    def setUp(self):
        self.connection = connect()
        self.cursor = self.connection.cursor()

    def tearDown(self):
        self.connection.close()

    def value(self, sql, *parameters):
        self.cursor.execute(sql, parameters or None)
        return self.cursor.fetchone()[0]

    def assert_same(self, given, wanted):
        self.assertEqual(given, wanted)
        self.assertEqual(type(given), type(wanted))


class Values(Postgres):
    def round_trip(self, sql_type, value):
        self.assert_same(self.value('SELECT %%s::%s' % sql_type, value), value)

    def test_a_value_comes_back_as_it_went(self):
        for sql_type, value in (
                ('bool', True), ('bool', False), ('bool', None), ('int', -7), ('bigint', 2 ** 62), ('float8', 0.1),
                ('numeric', decimal.Decimal('-12345678901234567890.10')), ('text', u''), ('text', u'\u20ac \\ \' % \U0001f600'),
                ('date', datetime.date(1, 1, 1)), ('date', datetime.date(9999, 12, 31)),
                ('timestamp', datetime.datetime(2020, 2, 29, 1, 2, 3, 4)), ('time', datetime.time(23, 59, 59, 999999)),
                ('interval', datetime.timedelta(-3, 5, 7)), ('uuid', uuid.uuid4()), ('int[]', [1, None, 3]),
                ('text[]', [u'a,"b"', u'{}', u'NULL', None]), ('int[]', [[1, 2], [3, 4]]),
                ('int4range', psycopg2.extras.NumericRange(1, 5)),
                ('daterange', psycopg2.extras.DateRange(datetime.date(2020, 1, 1), None))):
            self.round_trip(sql_type, value)

    def test_a_moment_with_a_zone_is_that_moment(self):
        moment = datetime.datetime(2020, 6, 1, 12, 0, 0, 1, tzinfo=EAST)
        for zone in ('UTC', 'America/St_Johns', 'Asia/Kathmandu'):
            self.cursor.execute('SET TIME ZONE %s', (zone,))
            found = self.value('SELECT %s::timestamptz', moment)
            self.assertEqual(found, moment)
            self.assertIsNotNone(found.tzinfo)
            self.assertEqual(self.connection.get_parameter_status('TimeZone'), zone)

    def test_the_zone_is_made_by_the_cursors_factory(self):
        self.cursor.execute("SET TIME ZONE 'UTC'")
        self.cursor.tzinfo_factory = None
        self.assertEqual(self.value("SELECT '2020-01-01 00:00:00+00'::timestamptz"), datetime.datetime(2020, 1, 1))

    def test_binary(self):
        content = ''.join(map(chr, range(256)))
        for given in (psycopg2.Binary(content), memoryview(content), bytearray(content)):
            self.assertEqual(str(self.value('SELECT %s', given)), content)
        self.assertEqual(str(self.value('SELECT %s', self.value('SELECT %s', psycopg2.Binary(content)))), content)

    def test_documents(self):
        document = {u'a': [1, None, u'\xe9\'"\\']}
        self.assertEqual(self.value('SELECT %s::jsonb', psycopg2.extras.Json(document)), document)

    def test_numbers_that_are_none(self):
        self.assertTrue(self.value('SELECT %s', decimal.Decimal('NaN')).is_nan())
        self.assertEqual(self.value('SELECT %s', float('-inf')), float('-inf'))

    def test_a_date_before_christ_is_refused(self):
        self.assertRaises(ValueError, self.value, "SELECT '0044-03-15 BC'::date")

    def test_minus_a_negative_number_is_no_comment(self):
        self.assertEqual(self.value('SELECT 1 -%s', -1), 2)


class Statements(Postgres):
    def test_parameters_by_name_and_the_statement_that_was_sent(self):
        self.cursor.execute(u'SELECT %(a)s, 100 %% 7, %(b)s', {'a': u'\xe9', 'b': [1]})
        self.assertEqual(self.cursor.fetchone(), (u'\xe9', 2, [1]))
        self.assertEqual(self.cursor.query, u"SELECT '\xe9', 100 % 7, ARRAY[1]".encode('utf-8'))

    def test_without_parameters_a_percent_sign_and_a_question_mark_are_themselves(self):
        self.assertEqual(self.value("SELECT '%s ? {fn now()}'"), u'%s ? {fn now()}')

    def test_with_no_parameters_two_percent_signs_are_one(self):
        self.cursor.execute("SELECT '%%s'", ())
        self.assertEqual(self.cursor.fetchone(), (u'%s',))

    def test_the_rows_of_the_last_of_several_statements(self):
        self.cursor.execute('SELECT 1; SELECT 2')
        self.assertEqual(self.cursor.fetchall(), [(2,)])

    def test_fetching_without_rows_is_an_error(self):
        self.cursor.execute('CREATE TEMP TABLE t (a int)')
        self.assertRaises(psycopg2.ProgrammingError, self.cursor.fetchone)
        self.assertIsNone(self.cursor.description)

    def test_columns_are_described(self):
        self.cursor.execute('SELECT 1 AS a, NULL::varchar(7) AS b, 1::numeric(9, 2) AS c')
        self.assertEqual([(column.name, column.type_code, column[3]) for column in self.cursor.description],
                         [('a', 23, 4), ('b', 1043, 7), ('c', 1700, 9)])
        self.assertEqual(self.cursor.description[2][4:6], (9, 2))

    def test_counts(self):
        self.cursor.execute('CREATE TEMP TABLE t (a int)')
        self.cursor.execute('INSERT INTO t VALUES (1), (2) RETURNING a')
        self.assertEqual((self.cursor.fetchall(), self.cursor.rowcount), ([(1,), (2,)], 2))
        self.cursor.execute('UPDATE t SET a = 0')
        self.assertEqual(self.cursor.rowcount, 2)

    def test_a_named_cursor_reads_in_pieces(self):
        cursor = self.connection.cursor('pieces', scrollable=False)
        cursor.execute('SELECT generate_series(1, %s)', (10,))
        self.assertEqual((cursor.fetchone(), cursor.fetchmany(2)), ((1,), [(2,), (3,)]))
        cursor.itersize = 3
        self.assertEqual([row[0] for row in cursor], range(4, 11))
        cursor.close()

    def test_a_named_cursor_with_hold_outlives_autocommit(self):
        self.connection.autocommit = True
        cursor = self.connection.cursor('held', withhold=True)
        cursor.execute('SELECT generate_series(1, 3)')
        self.assertEqual(cursor.fetchmany(5), [(1,), (2,), (3,)])
        cursor.close()

    def test_a_named_cursor_with_hold_that_was_forgotten_goes_away(self):
        self.connection.autocommit = True
        cursor = self.connection.cursor('forgotten', withhold=True)
        cursor.execute('SELECT 1')
        del cursor
        deadline = time.time() + 60
        while self.value('SELECT count(*) FROM pg_cursors'):
            self.assertLess(time.time(), deadline)
            System.gc()

    def test_rows_by_name(self):
        cursor = self.connection.cursor(cursor_factory=psycopg2.extras.DictCursor)
        cursor.execute('SELECT 1 AS a')
        self.assertEqual(cursor.fetchone()['a'], 1)


class Transactions(Postgres):
    def setUp(self):
        Postgres.setUp(self)
        self.cursor.execute('DROP TABLE IF EXISTS t CASCADE')
        self.cursor.execute('CREATE TABLE t (a int UNIQUE)')
        self.connection.commit()
        self.other = connect()

    def tearDown(self):
        self.other.close()
        Postgres.tearDown(self)

    def seen_by_others(self):
        with self.other:
            cursor = self.other.cursor()
            cursor.execute('SELECT a FROM t ORDER BY a')
            return [row[0] for row in cursor.fetchall()]

    def test_commit_and_rollback(self):
        self.cursor.execute('INSERT INTO t VALUES (1)')
        self.assertEqual(self.seen_by_others(), [])
        self.connection.rollback()
        self.cursor.execute('INSERT INTO t VALUES (2)')
        self.connection.commit()
        self.assertEqual(self.seen_by_others(), [2])

    def test_autocommit(self):
        self.connection.autocommit = True
        self.cursor.execute('INSERT INTO t VALUES (1)')
        self.assertEqual(self.seen_by_others(), [1])

    def test_autocommit_does_not_change_inside_of_a_transaction(self):
        self.cursor.execute('INSERT INTO t VALUES (1)')
        with self.assertRaises(psycopg2.ProgrammingError):
            self.connection.autocommit = True

    def test_a_savepoint_survives_an_error(self):
        self.cursor.execute('INSERT INTO t VALUES (1)')
        self.cursor.execute('SAVEPOINT s')
        self.assertRaises(psycopg2.IntegrityError, self.cursor.execute, 'INSERT INTO t VALUES (1)')
        self.assertRaises(psycopg2.InternalError, self.cursor.execute, 'SELECT 1')
        self.cursor.execute('ROLLBACK TO SAVEPOINT s')
        self.cursor.execute('INSERT INTO t VALUES (2)')
        self.connection.commit()
        self.assertEqual(self.seen_by_others(), [1, 2])

    def test_the_isolation_level(self):
        self.connection.set_session(isolation_level=psycopg2.extensions.ISOLATION_LEVEL_SERIALIZABLE)
        self.assertEqual(self.value('SHOW transaction_isolation'), u'serializable')
        self.connection.rollback()
        self.connection.set_session(autocommit=True)
        self.assertEqual(self.value('SHOW transaction_isolation'), u'serializable')

    def test_each_constraint_is_an_integrity_error(self):
        self.connection.autocommit = True
        self.cursor.execute('DROP TABLE IF EXISTS u')
        self.cursor.execute('CREATE TABLE u (a int NOT NULL REFERENCES t (a) CHECK (a > 0))')
        for value, code in (('NULL', '23502'), ('0', '23514'), ('5', '23503')):
            with self.assertRaises(psycopg2.IntegrityError) as caught:
                self.cursor.execute('INSERT INTO u VALUES (%s)' % value)
            self.assertEqual(caught.exception.pgcode, code)
        self.cursor.execute('INSERT INTO t VALUES (1)')
        with self.assertRaises(psycopg2.IntegrityError) as caught:
            self.cursor.execute('INSERT INTO t VALUES (1)')
        self.assertEqual(caught.exception.diag.constraint_name, 't_a_key')
        self.assertEqual(str(caught.exception), 'duplicate key value violates unique constraint "t_a_key"\n'
                                                'DETAIL:  Key (a)=(1) already exists.\n')


class Connections(Postgres):
    def test_a_connection_that_the_server_ended(self):
        self.connection.autocommit = True
        killer = connect()
        killer.cursor().execute('SELECT pg_terminate_backend(%s)', (self.connection.get_backend_pid(),))
        killer.close()
        self.assertRaises(psycopg2.OperationalError, self.cursor.execute, 'SELECT 1')
        self.assertTrue(self.connection.closed)
        self.assertRaises(psycopg2.InterfaceError, self.cursor.execute, 'SELECT 1')
        self.connection.close()

    def test_what_can_not_be_opened_is_an_operational_error(self):
        for option in ({'password': 'wrong'}, {'database': 'nowhere'}, {'port': '1'}, {'host': '/var/run/postgresql'}):
            self.assertRaises(psycopg2.OperationalError, connect, **option)

    def test_an_address_in_place_of_options(self):
        opened = psycopg2.connect('postgresql://tester:p%%40ss%%20w%%2Frd%%25@127.0.0.1:%s/postgres' % os.environ['TEST_PGPORT'])
        self.assertTrue(opened.server_version >= 90400)
        self.assertNotIn('p@ss', opened.dsn)
        opened.close()

    def test_nothing_stays_registered_in_the_jvm(self):
        self.assertEqual([driver for driver in DriverManager.getDrivers() if 'postgres' in driver.getClass().getName()], [])
