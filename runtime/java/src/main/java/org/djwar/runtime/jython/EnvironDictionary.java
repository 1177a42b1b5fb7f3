package org.djwar.runtime.jython;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.djwar.runtime.Environ;
import org.djwar.runtime.Request;
import org.python.core.PyDictionary;
import org.python.core.PyObject;
import org.python.core.PyString;

/** The environ of a request as a {@code dict} of {@code str} (PEP 3333), filled without a line of Python. */
final class EnvironDictionary {
    private static final int REMEMBERED = 512;
    private static final PyString INPUT = new PyString("wsgi.input");

    private final Environ environ;
    private final PyObject[] base;
    private final Map<String, PyString> keys = new ConcurrentHashMap<>();

    EnvironDictionary(Environ environ, PyObject base) {
        this.environ = environ;
        ConcurrentMap<? extends Object, PyObject> map = ((PyDictionary) base).getMap();
        this.base = new PyObject[map.size() * 2];
        int at = 0;
        for (Map.Entry<? extends Object, PyObject> entry : map.entrySet()) {
            this.base[at++] = (PyObject) entry.getKey();
            this.base[at++] = entry.getValue();
        }
    }

    PyDictionary of(Request request, RequestInput input) {
        PyDictionary dictionary = new PyDictionary();
        Map<PyObject, PyObject> map = dictionary.getMap();
        for (int i = 0; i < base.length; i += 2) {
            map.put(base[i], base[i + 1]);
        }
        environ.write(request, (key, value) -> map.put(key(key), string(value)));
        map.put(INPUT, input);
        return dictionary;
    }

    private PyString key(String name) {
        PyString known = keys.get(name);
        if (known != null) {
            return known;
        }
        PyString key = string(name);
        if (keys.size() < REMEMBERED) {
            keys.put(name, key);
        }
        return key;
    }

    /** One character a byte; others stand for their UTF-8 bytes. */
    private static PyString string(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xFF) {
                return new PyString(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
            }
        }
        return new PyString(text);
    }
}
