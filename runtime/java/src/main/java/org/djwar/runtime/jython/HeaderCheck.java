package org.djwar.runtime.jython;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.djwar.runtime.ResponseHead;
import org.python.core.Py;
import org.python.core.PyException;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PyTuple;
import org.python.core.PyUnicode;

/** The rules of PEP 3333 for a response's status and headers; the same as {@code djwar_handler.headers}. */
final class HeaderCheck {
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+\\-.^_`|~0-9A-Za-z]+");
    private static final int REMEMBERED = 512;

    private final Map<String, Kind> kinds = new ConcurrentHashMap<>();
    private final Set<String> said = ConcurrentHashMap.newKeySet();
    private final Consumer<String> warnings;

    private enum Kind { ORDINARY, LENGTH, HOP_BY_HOP }

    HeaderCheck(Consumer<String> warnings) {
        this.warnings = warnings;
    }

    void warn(String message) {
        warnings.accept(message);
    }

    /** The code of {@code "200 OK"}. */
    static int status(PyObject status) {
        if (!(status instanceof PyString)) {
            throw Py.TypeError("the status must be a str, not " + status.getType().fastGetName());
        }
        String text = ((PyString) status).getString();
        boolean isCode = text.length() >= 3 && isDigit(text.charAt(0)) && isDigit(text.charAt(1)) && isDigit(text.charAt(2));
        if (!isCode || text.length() > 3 && text.charAt(3) != ' ') {
            throw Py.ValueError("the status must be three digits, a blank and a reason: '" + text + "'");
        }
        int code = Integer.parseInt(text.substring(0, 3));
        if (code < 200) {
            // 1xx is the servlet container's province, and 0xx is nobody's.
            throw Py.ValueError("an application can't send this status: '" + text + "'");
        }
        return code;
    }

    /** Adds names and values to {@code target}; what Content-Length says, or -1. */
    long headers(PyObject headers, List<String> target) {
        long length = -1;
        for (PyObject header : headers.asIterable()) {
            if (!(header instanceof PyTuple pair) || pair.size() != 2) {
                throw Py.TypeError("not a pair of name and value: " + header);
            }
            PyObject[] items = pair.getArray();
            String name = text(items[0], "a header's name");
            // Django on Python 2 writes `Set-Cookie` with a blank before its value.
            String value = text(items[1], name).strip();
            Kind kind = kinds.get(name);
            if (kind == null) {
                kind = classify(name);
            }
            if (kind == Kind.HOP_BY_HOP) {
                warnOnce("the header " + name + " is dropped: hop-by-hop headers are the servlet container's (PEP 3333)");
                continue;
            }
            if (kind == Kind.LENGTH) {
                long parsed = parseLength(value);
                if (length >= 0 && length != parsed) {
                    throw Py.ValueError("two headers Content-Length which differ");
                }
                length = parsed;
            }
            refuseBreaks(name, value);
            target.add(name);
            target.add(value);
        }
        return length;
    }

    private static String text(PyObject value, String what) {
        if (value instanceof PyUnicode) {
            // PEP 3333 wants str; Django 1.x gives it, older middleware may not: ASCII does no harm.
            String text = ((PyUnicode) value).getString();
            if (text.chars().anyMatch(c -> c > 0x7F)) {
                throw Py.TypeError("the header " + what + " must be a str, not unicode");
            }
            return text;
        }
        if (value instanceof PyString) {
            return ((PyString) value).getString();
        }
        throw Py.TypeError("the header " + what + " must be a str, not " + value.getType().fastGetName());
    }

    private static void refuseBreaks(String name, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\n' || c == '\r' || c == 0) {
                throw Py.ValueError("the value of the header " + name + " has a line break or a NUL in it");
            }
        }
    }

    private Kind classify(String name) {
        if (!TOKEN.matcher(name).matches()) {
            throw Py.ValueError("not a header's name: '" + name + "'");
        }
        if (name.equalsIgnoreCase("status")) {
            throw Py.ValueError("PEP 3333 forbids a header named Status");
        }
        Kind kind = name.equalsIgnoreCase("content-length") ? Kind.LENGTH
                : ResponseHead.isHopByHop(name) ? Kind.HOP_BY_HOP : Kind.ORDINARY;
        if (kinds.size() < REMEMBERED) {
            kinds.put(name, kind);
        }
        return kind;
    }

    private void warnOnce(String message) {
        if (said.size() < REMEMBERED && said.add(message)) {
            warnings.accept(message);
        }
    }

    private static long parseLength(String value) {
        try {
            long length = Long.parseLong(value);
            if (length >= 0 && isDigit(value.charAt(0))) {
                return length;
            }
        } catch (NumberFormatException e) {
            throw refused(value);
        }
        throw refused(value);
    }

    private static PyException refused(String value) {
        return Py.ValueError("not a Content-Length: '" + value + "'");
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
