package org.djwar.runtime.jython;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.djwar.runtime.Body;
import org.python.core.Py;
import org.python.core.PyList;
import org.python.core.PyObject;
import org.python.core.PyString;

/** {@code wsgi.input} (PEP 3333, "Input and Error Streams") over a spooled body: bytes, in blocks, {@code ''} at the end. */
public final class RequestInput extends PyObject {
    private static final long serialVersionUID = 1;
    private static final int BLOCK = 64 * 1024;

    private final transient Body body;
    private transient byte[] block = new byte[0];
    private int at;
    private int end;
    private long unread;
    private boolean isOver;

    RequestInput(Body body) {
        this.body = body;
        this.unread = body.length();
    }

    /** The request has ended: its body is gone, and must not look like an empty one. */
    void close() {
        isOver = true;
    }

    /** All that is left. */
    public PyObject read() {
        return block(-1);
    }

    /** At most so many bytes; all for a negative number or None. */
    public PyObject read(PyObject size) {
        return block(size == Py.None ? -1 : size.asLong());
    }

    private PyObject block(long size) {
        demandOpen();
        long left = unread + end - at;
        int wanted = (int) Math.min(size < 0 ? left : Math.min(size, left), Integer.MAX_VALUE - 8);
        byte[] bytes = new byte[wanted];
        int done = Math.min(wanted, end - at);
        System.arraycopy(block, at, bytes, 0, done);
        at += done;
        if (done < wanted) {
            take(ByteBuffer.wrap(bytes, done, wanted - done));
        }
        return string(bytes, wanted);
    }

    /** One line with its end. */
    public PyObject readline() {
        return line(-1);
    }

    /** One line, or its first {@code size} bytes. */
    public PyObject readline(PyObject size) {
        return line(size == Py.None ? -1 : size.asLong());
    }

    private PyObject line(long size) {
        demandOpen();
        byte[] line = new byte[128];
        int length = 0;
        while (size < 0 || length < size) {
            if (at == end && !fill()) {
                break;
            }
            byte next = block[at++];
            if (length == line.length) {
                line = Arrays.copyOf(line, length * 2);
            }
            line[length++] = next;
            if (next == '\n') {
                break;
            }
        }
        return string(line, length);
    }

    /** All lines. */
    public PyObject readlines() {
        return readlines(null);
    }

    /** All lines, whatever the hint: PEP 3333 leaves it to us. */
    public PyObject readlines(PyObject hint) {
        PyList lines = new PyList();
        for (PyObject line = __iternext__(); line != null; line = __iternext__()) {
            lines.append(line);
        }
        return lines;
    }

    @Override
    public PyObject __iter__() {
        return this;
    }

    @Override
    public PyObject __iternext__() {
        PyObject line = line(-1);
        return line.__nonzero__() ? line : null;
    }

    private boolean fill() {
        if (unread == 0) {
            return false;
        }
        if (block.length == 0) {
            block = new byte[(int) Math.min(BLOCK, unread)];
        }
        int size = (int) Math.min(block.length, unread);
        at = 0;
        end = 0;
        take(ByteBuffer.wrap(block, 0, size));
        end = size;
        return true;
    }

    private void take(ByteBuffer target) {
        int size = target.remaining();
        try {
            body.read(target);
        } catch (IOException e) {
            throw Py.IOError(e);
        }
        unread -= size;
    }

    private void demandOpen() {
        if (isOver) {
            throw Py.IOError("the request has ended, its body can't be read any more");
        }
    }

    private static PyString string(byte[] bytes, int length) {
        return Py.newString(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
    }
}
