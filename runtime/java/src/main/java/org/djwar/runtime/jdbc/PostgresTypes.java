package org.djwar.runtime.jdbc;

import org.python.core.Py;
import org.python.core.PyException;
import org.python.core.PyObject;
import org.python.core.PyString;

/** The Python classes that values of PostgreSQL become, and how their texts are read. */
public final class PostgresTypes {
    private final PyObject decimal;
    private final PyObject date;
    private final PyObject time;
    private final PyObject datetime;
    private final PyObject timedelta;
    private final PyObject binary;

    /**
     * The classes, of the modules {@code decimal}, {@code datetime} and {@code djwar_jdbc}.
     *
     * @param decimal {@code Decimal}
     * @param date {@code date}
     * @param time {@code time}
     * @param datetime {@code datetime}
     * @param timedelta {@code timedelta}
     * @param binary {@code Binary}
     */
    public PostgresTypes(PyObject decimal, PyObject date, PyObject time, PyObject datetime, PyObject timedelta, PyObject binary) {
        this.decimal = decimal;
        this.date = date;
        this.time = time;
        this.datetime = datetime;
        this.timedelta = timedelta;
        this.binary = binary;
    }

    /**
     * A value of its text.
     *
     * @param kind which of the types below
     * @param text as the server sent it
     * @param zones makes a tzinfo of minutes east of UTC, or None for naive values
     */
    public PyObject value(int kind, String text, PyObject zones) {
        try {
            return switch (kind) {
                case INTEGER -> integer(text);
                case FLOAT -> Py.newFloat(Double.parseDouble(text));
                case UNICODE -> Py.newUnicode(text);
                case BYTES -> Values.encoded(text);
                case BOOLEAN -> Py.newBoolean(text.charAt(0) == 't');
                case BINARY -> binary.__call__(bytea(text));
                case DECIMAL -> decimal.__call__(new PyString(text));
                case DATE -> date(text);
                case TIME -> time(text, zones);
                case TIMESTAMP -> timestamp(text, zones);
                case INTERVAL -> interval(text);
                default -> throw new IllegalArgumentException(Integer.toString(kind));
            };
        } catch (IllegalArgumentException | ArithmeticException failure) {
            throw Py.ValueError("can't read `" + text + "` from the database");
        }
    }

    /** The kinds of values. */
    public static final int INTEGER = 1;
    public static final int FLOAT = 2;
    public static final int UNICODE = 3;
    public static final int BYTES = 4;
    public static final int BOOLEAN = 5;
    public static final int BINARY = 6;
    public static final int DECIMAL = 7;
    public static final int DATE = 8;
    public static final int TIME = 9;
    public static final int TIMESTAMP = 10;
    public static final int INTERVAL = 11;

    private static PyObject integer(String text) {
        return text.length() < 19 ? Py.newInteger(Long.parseLong(text)) : Py.newLong(new java.math.BigInteger(text));
    }

    /** {@code \x} and hexadecimal digits, which every server since 9.0 sends; or the older escapes. */
    private static PyString bytea(String text) {
        StringBuilder bytes = new StringBuilder();
        if (text.startsWith("\\x")) {
            for (int at = 2; at < text.length(); at += 2) {
                bytes.append((char) Integer.parseInt(text, at, at + 2, 16));
            }
            return new PyString(bytes.toString());
        }
        for (int at = 0; at < text.length(); at++) {
            char letter = text.charAt(at);
            if (letter != '\\') {
                bytes.append(letter);
            } else if (text.charAt(at + 1) == '\\') {
                bytes.append('\\');
                at++;
            } else {
                bytes.append((char) Integer.parseInt(text, at + 1, at + 4, 8));
                at += 3;
            }
        }
        return new PyString(bytes.toString());
    }

    private PyObject date(String text) {
        if (text.endsWith("infinity")) {
            return date.__getattr__(text.startsWith("-") ? "min" : "max");
        }
        TextScanner scanner = new TextScanner(text);
        PyObject value = date.__call__(number(scanner, '-'), number(scanner, '-'), Py.newInteger(scanner.number()));
        end(scanner);
        return value;
    }

    private PyObject timestamp(String text, PyObject zones) {
        if (text.endsWith("infinity")) {
            return datetime.__getattr__(text.startsWith("-") ? "min" : "max");
        }
        TextScanner scanner = new TextScanner(text);
        PyObject year = number(scanner, '-');
        PyObject month = number(scanner, '-');
        PyObject day = number(scanner, ' ');
        return clock(scanner, zones, datetime, year, month, day);
    }

    private PyObject time(String text, PyObject zones) {
        return clock(new TextScanner(text), zones, time);
    }

    private static PyObject clock(TextScanner scanner, PyObject zones, PyObject type, PyObject... before) {
        PyObject[] arguments = java.util.Arrays.copyOf(before, before.length + 5);
        int next = before.length;
        arguments[next++] = number(scanner, ':');
        arguments[next++] = number(scanner, ':');
        arguments[next++] = Py.newInteger(scanner.number());
        arguments[next++] = Py.newInteger(scanner.microseconds());
        boolean zoned = scanner.peek() == '+' || scanner.peek() == '-';
        int offset = scanner.offsetInMinutes();
        arguments[next] = zoned && zones != Py.None ? zones.__call__(Py.newInteger(offset)) : Py.None;
        end(scanner);
        return type.__call__(arguments);
    }

    /** {@code 1 year 2 mons -3 days 04:05:06.789}; a year has 365 days and a month 30, as psycopg2 has it. */
    private PyObject interval(String text) {
        TextScanner scanner = new TextScanner(text);
        long days = 0;
        long microseconds = 0;
        while (!scanner.ended()) {
            scanner.takes(' ');
            int sign = scanner.takes('-') ? -1 : 1;
            scanner.takes('+');
            long number = scanner.number();
            if (scanner.takes(':')) {
                number = number * 60 + scanner.number();
                number = scanner.takes(':') ? number * 60 + scanner.number() : number * 60;
                microseconds = sign * (number * 1_000_000 + scanner.microseconds());
                continue;
            }
            scanner.takes(' ');
            String unit = scanner.word();
            days += sign * number * (unit.startsWith("year") ? 365 : unit.startsWith("mon") ? 30 : 1);
        }
        return timedelta.__call__(Py.newInteger(days), Py.Zero, Py.newInteger(microseconds));
    }

    private static PyObject number(TextScanner scanner, char behind) {
        PyObject number = Py.newInteger(scanner.number());
        if (!scanner.takes(behind)) {
            throw new IllegalArgumentException();
        }
        return number;
    }

    /** Nothing may follow: a date before Christ ends in {@code BC}, and Python has none. */
    private static void end(TextScanner scanner) throws PyException {
        if (!scanner.ended()) {
            throw new IllegalArgumentException();
        }
    }
}
