# -*- coding: utf-8 -*-
"""`MySQLdb` over JDBC, as far as it needs no server. Run by JUnit, in Jython. `cargo xtask test django-jython` has one."""

import datetime
import decimal
import unittest

import MySQLdb
from java.sql import DriverManager, SQLException
from MySQLdb.constants import FIELD_TYPE
from MySQLdb.converters import conversions, escape
from MySQLdb.driver import translated


class Literals(unittest.TestCase):
    def test_a_value_becomes_a_literal(self):
        for value, literal in (
                (None, 'NULL'), (True, '1'), (-5, '-5'), (2 ** 64, '18446744073709551616'), (0.1, '0.1'),
                (decimal.Decimal('-1.50'), '-1.50'), (u'\xe9\'"\\\n\0%', '\'\xc3\xa9\\\'\\"\\\\\\n\\0%\''),
                (MySQLdb.Binary('\x00\xff'), "X'00ff'"), (datetime.date(2020, 1, 2), "'2020-01-02'"),
                (datetime.datetime(2020, 1, 2, 3, 4, 5, 6), "'2020-01-02 03:04:05.000006'"),
                (datetime.timedelta(-1, 3600), "'-23:00:00.000000'"), ([1, u'a'], "(1,'a')")):
            self.assertEqual(escape(value, conversions), literal)

    def test_a_subclass_is_what_its_base_is(self):
        self.assertEqual(escape(type('Safe', (unicode,), {})(u'a'), conversions), "'a'")


class Values(unittest.TestCase):
    def test_texts_become_values(self):
        for kind, text, value in (
                (FIELD_TYPE.LONGLONG, u'18446744073709551615', 2 ** 64 - 1), (FIELD_TYPE.DOUBLE, u'0.1', 0.1),
                (FIELD_TYPE.NEWDECIMAL, u'-1.50', decimal.Decimal('-1.50')),
                (FIELD_TYPE.DATETIME, u'2020-01-02 03:04:05.000006', datetime.datetime(2020, 1, 2, 3, 4, 5, 6)),
                (FIELD_TYPE.DATE, u'2020-01-02', datetime.date(2020, 1, 2)), (FIELD_TYPE.DATE, u'0000-00-00', None),
                (FIELD_TYPE.TIME, u'-01:00:00.5', -datetime.timedelta(0, 3600, 500000))):
            self.assertEqual(conversions[kind](text), value)


class Errors(unittest.TestCase):
    def test_the_servers_number_tells_the_exception(self):
        for number, state, kind in ((1062, '23000', MySQLdb.IntegrityError), (1452, '23000', MySQLdb.IntegrityError),
                                    (1146, '42S02', MySQLdb.ProgrammingError), (1406, '22001', MySQLdb.DataError),
                                    (1205, 'HY000', MySQLdb.OperationalError), (0, '08000', MySQLdb.OperationalError)):
            made = translated(SQLException('(conn=7) Something', state, number))
            self.assertIs(type(made), kind)
            self.assertEqual(made.args[1], 'Something')

    def test_a_server_that_is_not_there(self):
        self.assertRaises(MySQLdb.OperationalError, MySQLdb.connect, host='127.0.0.1', port=1, user='a', passwd='b', db='c')

    def test_a_unix_socket_is_refused(self):
        with self.assertRaisesRegexp(MySQLdb.OperationalError, 'over TCP'):
            MySQLdb.connect(unix_socket='/run/mysqld/mysqld.sock')

    def test_nothing_stays_registered_in_the_jvm(self):
        self.assertEqual([driver for driver in DriverManager.getDrivers() if 'mariadb' in driver.getClass().getName()], [])
