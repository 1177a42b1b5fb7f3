# -*- coding: utf-8 -*-
"""`sqlite3` over JDBC, as Django's sqlite3 backend uses it. Run by JUnit, in Jython."""

import datetime
import decimal
import os
import shutil
import tempfile
import threading
import unittest

import sqlite3
from djwar_jdbc import close_all
from java.sql import DriverManager

EVERYTHING = sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES


class Sqlite(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.path = os.path.join(self.folder, 'app.db')
        self.connection = sqlite3.connect(self.path, detect_types=EVERYTHING)

    def tearDown(self):
        self.connection.close()
        shutil.rmtree(self.folder)

    def rows(self, sql, *parameters):
        return self.connection.execute(sql, parameters).fetchall()

    def value(self, sql, *parameters):
        return self.rows(sql, *parameters)[0][0]

    def assert_same(self, given, wanted):
        self.assertEqual(given, wanted)
        self.assertIs(type(given), type(wanted))


class Values(Sqlite):
    def test_a_value_comes_back_as_it_went(self):
        for value in (None, 0, -5, 2 ** 31, -2 ** 63, 2 ** 63 - 1, 1.5, u'', u'h\xe9 \U0001f600 \0 \'', sqlite3.Binary('\x00\xff')):
            self.assert_same(self.value('SELECT ?', value), value)

    def test_booleans_are_numbers(self):
        self.assertEqual(self.rows('SELECT ?, ?', True, False), [(1, 0)])

    def test_too_large_an_integer_is_refused(self):
        self.assertRaises(OverflowError, self.value, 'SELECT ?', 2 ** 63)

    def test_bytes_outside_of_ascii_are_not_text(self):
        self.assertEqual(self.value('SELECT ?', 'plain'), u'plain')
        self.assertRaises(sqlite3.ProgrammingError, self.value, 'SELECT ?', '\xff')

    def test_binary_values_are_usable_as_bytes(self):
        content = ''.join(map(chr, range(256)))
        value = self.value('SELECT ?', memoryview(content))
        self.assertEqual((str(value), value[1:3], len(value), value.tobytes()), (content, '\x01\x02', 256, content))

    def test_a_type_that_nobody_adapts_is_refused(self):
        self.assertRaises(sqlite3.InterfaceError, self.value, 'SELECT ?', object())

    def test_dates_and_times_by_the_declared_type(self):
        day, moment = datetime.date(2020, 2, 29), datetime.datetime(2020, 2, 29, 23, 59, 58, 123456)
        self.connection.execute('CREATE TABLE t (day date, moment timestamp)')
        self.connection.execute('INSERT INTO t VALUES (?, ?)', (day, moment))
        self.assertEqual(self.rows('SELECT day, moment FROM t'), [(day, moment)])
        self.assertEqual(self.value('SELECT ? AS "d [date]"', day), day)
        self.assertEqual(self.value('SELECT max(day) FROM t'), u'2020-02-29')

    def test_a_converter_gets_bytes_and_an_adapter_its_type(self):
        sqlite3.register_adapter(decimal.Decimal, str)
        sqlite3.register_converter('decimal', decimal.Decimal)
        self.connection.execute('CREATE TABLE t (price decimal(9, 2))')
        self.connection.execute('INSERT INTO t VALUES (?)', (decimal.Decimal('10.25'),))
        self.assert_same(self.value('SELECT price FROM t'), decimal.Decimal('10.25'))

    def test_names_in_place_of_question_marks(self):
        cursor = self.connection.execute("SELECT ':a', :a, @b --:c\n", {'a': 1, 'b': u'x'})
        self.assertEqual(cursor.fetchone(), (u':a', 1, u'x'))

    def test_the_number_of_parameters_is_checked(self):
        with self.assertRaisesRegexp(sqlite3.ProgrammingError, 'uses 1, and there are 2'):
            self.value('SELECT ?', 1, 2)


class Cursors(Sqlite):
    def setUp(self):
        Sqlite.setUp(self)
        self.connection.execute('CREATE TABLE t (id integer PRIMARY KEY, name text)')
        self.cursor = self.connection.cursor()

    def test_what_a_change_tells(self):
        self.cursor.execute('INSERT INTO t (name) VALUES (?)', (u'a',))
        self.assertEqual((self.cursor.lastrowid, self.cursor.rowcount), (1, 1))
        self.cursor.executemany('INSERT INTO t (name) VALUES (?)', [(u'b',), (u'c',)])
        self.assertEqual(self.cursor.rowcount, 2)
        self.cursor.execute('UPDATE t SET name = name')
        self.assertEqual((self.cursor.rowcount, self.cursor.description), (3, None))

    def test_fetching(self):
        self.cursor.executemany('INSERT INTO t VALUES (?, ?)', [(number, u'x') for number in range(7)])
        self.cursor.execute('SELECT id FROM t ORDER BY id')
        self.assertEqual(self.cursor.fetchone(), (0,))
        self.assertEqual(self.cursor.fetchmany(2), [(1,), (2,)])
        self.assertEqual(next(self.cursor), (3,))
        self.assertEqual(self.cursor.fetchall(), [(4,), (5,), (6,)])
        self.assertEqual((self.cursor.fetchone(), self.cursor.fetchall()), (None, []))

    def test_columns_are_described(self):
        self.cursor.execute('SELECT id, name AS title, 1 AS "d [date]" FROM t')
        self.assertEqual([column[0] for column in self.cursor.description], ['id', 'title', 'd'])

    def test_a_row_knows_its_names(self):
        self.connection.row_factory = sqlite3.Row
        row = self.connection.execute('SELECT 1 AS a, 2 AS b').fetchone()
        self.assertEqual((row['A'], row[1], row.keys()), (1, 2, ['a', 'b']))

    def test_a_forgotten_cursor_holds_no_lock(self):
        self.connection.isolation_level = None
        self.cursor.executemany('INSERT INTO t VALUES (?, ?)', [(number, u'x') for number in range(7)])
        self.cursor.execute('SELECT * FROM t').fetchone()
        self.connection.execute('DROP TABLE t')


class Transactions(Sqlite):
    def setUp(self):
        Sqlite.setUp(self)
        self.connection.execute('CREATE TABLE t (id integer PRIMARY KEY)')
        self.other = sqlite3.connect(self.path, timeout=0.05)

    def tearDown(self):
        self.other.close()
        Sqlite.tearDown(self)

    def seen_by_others(self):
        return [row[0] for row in self.other.execute('SELECT id FROM t')]

    def test_a_change_begins_a_transaction(self):
        self.connection.execute('INSERT INTO t VALUES (1)')
        self.assertEqual(self.seen_by_others(), [])
        self.connection.rollback()
        self.assertEqual(self.rows('SELECT * FROM t'), [])
        self.connection.execute('INSERT INTO t VALUES (2)')
        self.connection.commit()
        self.assertEqual(self.seen_by_others(), [2])

    def test_without_isolation_level_each_statement_stands_alone(self):
        self.connection.isolation_level = None
        self.connection.execute('INSERT INTO t VALUES (1)')
        self.assertEqual(self.seen_by_others(), [1])

    def test_savepoints_as_django_uses_them(self):
        self.connection.isolation_level = None
        self.connection.execute('BEGIN')
        self.connection.execute('INSERT INTO t VALUES (1)')
        self.connection.execute('SAVEPOINT s')
        self.connection.execute('INSERT INTO t VALUES (2)')
        self.connection.execute('ROLLBACK TO SAVEPOINT s')
        self.assertTrue(self.connection.in_transaction)
        self.connection.commit()
        self.assertEqual(self.seen_by_others(), [1])

    def test_a_locked_database_is_an_operational_error(self):
        self.connection.execute('INSERT INTO t VALUES (1)')
        with self.assertRaisesRegexp(sqlite3.OperationalError, 'locked'):
            self.other.execute('INSERT INTO t VALUES (2)')

    def test_the_connection_as_a_context_manager(self):
        with self.connection:
            self.connection.execute('INSERT INTO t VALUES (1)')
        with self.assertRaises(ZeroDivisionError):
            with self.connection:
                self.connection.execute('INSERT INTO t VALUES (2)')
                1 / 0
        self.assertEqual(self.seen_by_others(), [1])


class Errors(Sqlite):
    def test_each_constraint_is_an_integrity_error(self):
        self.connection.execute('PRAGMA foreign_keys = on')
        self.connection.execute('CREATE TABLE p (id integer PRIMARY KEY)')
        self.connection.execute('CREATE TABLE t (a text UNIQUE, b text NOT NULL, c integer CHECK (c > 0), '
                                'd integer REFERENCES p (id))')
        self.connection.execute("INSERT INTO t VALUES ('a', 'b', 1, NULL)")
        for values, message in (("'a', 'b', 1, NULL", 'UNIQUE constraint failed: t.a'), ("'x', NULL, 1, NULL", 'NOT NULL'),
                                ("'x', 'b', 0, NULL", 'CHECK'), ("'x', 'b', 1, 9", 'FOREIGN KEY constraint failed')):
            with self.assertRaisesRegexp(sqlite3.IntegrityError, '^' + message):
                self.connection.execute('INSERT INTO t VALUES (%s)' % values)

    def test_bad_sql_is_an_operational_error(self):
        with self.assertRaisesRegexp(sqlite3.OperationalError, '^no such table: nowhere$'):
            self.connection.execute('SELECT * FROM nowhere')
        with self.assertRaisesRegexp(sqlite3.OperationalError, '^near "garbage": syntax error$'):
            self.connection.execute('garbage')

    def test_after_the_end_everything_is_a_programming_error(self):
        cursor = self.connection.cursor()
        self.connection.close()
        self.assertRaises(sqlite3.ProgrammingError, cursor.execute, 'SELECT 1')
        self.assertRaises(sqlite3.ProgrammingError, self.connection.cursor)

    def test_a_folder_that_is_not_there(self):
        with self.assertRaisesRegexp(sqlite3.OperationalError, 'unable to open database file'):
            sqlite3.connect(os.path.join(self.folder, 'missing', 'app.db'))


class PythonInSql(Sqlite):
    def test_a_function_gets_and_gives_every_type(self):
        given = []
        self.connection.create_function('keep', 1, lambda value: given.append(value) or value)
        for value in (None, 3, 2 ** 40, 0.5, u'\xe9', sqlite3.Binary('\x00\xfe')):
            self.assert_same(self.value('SELECT keep(?)', value), value)
        self.assertEqual(given, [None, 3, 2 ** 40, 0.5, u'\xe9', sqlite3.Binary('\x00\xfe')])

    def test_a_failing_function_fails_the_statement(self):
        self.connection.create_function('boom', 0, lambda: 1 / 0)
        with self.assertRaisesRegexp(sqlite3.OperationalError, 'user-defined function raised exception'):
            self.connection.execute('SELECT boom()')

    def test_an_aggregate_starts_anew_for_each_group(self):
        class Joined(object):
            def __init__(self):
                self.parts = []

            def step(self, part):
                self.parts.append(part)

            def finalize(self):
                return u','.join(self.parts)

        self.connection.create_aggregate('joined', 1, Joined)
        self.connection.execute('CREATE TABLE t (kind integer, word text)')
        self.connection.executemany('INSERT INTO t VALUES (?, ?)', [(1, u'a'), (2, u'b'), (1, u'c')])
        self.assertEqual(self.rows('SELECT joined(word) FROM t GROUP BY kind ORDER BY kind'), [(u'a,c',), (u'b',)])

    def test_a_collation_orders(self):
        self.connection.create_collation('backwards', lambda left, right: cmp(right, left))
        rows = self.rows("SELECT column1 FROM (VALUES ('a'), ('c'), ('b')) ORDER BY column1 COLLATE backwards")
        self.assertEqual(rows, [(u'c',), (u'b',), (u'a',)])


class Application(Sqlite):
    def test_nothing_stays_registered_in_the_jvm(self):
        self.assertEqual([driver for driver in DriverManager.getDrivers() if 'sqlite' in driver.getClass().getName()], [])

    def test_threads_use_a_connection_one_after_the_other(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(self.value('SELECT 1')))
        thread.start()
        thread.join()
        self.assertEqual(found, [1])

    def test_a_stopping_application_closes_what_is_open(self):
        close_all()
        self.assertRaises(sqlite3.ProgrammingError, self.connection.cursor)
