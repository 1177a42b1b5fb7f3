package org.djwar.runtime.jython;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.djwar.runtime.Exchange;
import org.djwar.runtime.ResponseHead;
import org.python.core.Py;
import org.python.core.PyException;
import org.python.core.PyList;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PyTuple;
import org.python.core.PyUnicode;

/** PEP 3333's {@code start_response}, and the way of the body to the client. */
final class StartResponse extends PyObject {
    private static final long serialVersionUID = 1;

    private final transient Exchange exchange;
    private final transient HeaderCheck check;
    private transient List<String> headers;
    private int status;
    private long remaining = -1;
    private boolean isStarted;
    private boolean hasBody = true;
    private boolean isCut;

    /** The client has gone, or the container broke the response off. */
    static final class ClientGone extends RuntimeException {
        private static final long serialVersionUID = 1;

        ClientGone(IOException cause) {
            super(cause.getMessage(), cause, false, false);
        }

        IOException reason() {
            return (IOException) getCause();
        }
    }

    StartResponse(Exchange exchange, HeaderCheck check) {
        this.exchange = exchange;
        this.check = check;
    }

    @Override
    public PyObject __call__(PyObject status, PyObject headers) {
        return start(status, headers, Py.None);
    }

    @Override
    public PyObject __call__(PyObject status, PyObject headers, PyObject exceptionInfo) {
        return start(status, headers, exceptionInfo);
    }

    @Override
    public PyObject __call__(PyObject[] arguments, String[] keywords) {
        if (keywords.length == 1 && keywords[0].equals("exc_info") && arguments.length == 3) {
            return start(arguments[0], arguments[1], arguments[2]);
        }
        if (keywords.length > 0 || arguments.length < 2 || arguments.length > 3) {
            throw Py.TypeError("start_response(status, headers, exc_info=None) takes its arguments by position (PEP 3333)");
        }
        return start(arguments[0], arguments[1], arguments.length == 3 ? arguments[2] : Py.None);
    }

    private PyObject start(PyObject newStatus, PyObject newHeaders, PyObject exceptionInfo) {
        if (exceptionInfo != Py.None) {
            if (isStarted) {
                // PEP 3333: the headers have gone, so the application must be stopped by its own error.
                throw Py.makeException(exceptionInfo.__getitem__(0), exceptionInfo.__getitem__(1), exceptionInfo.__getitem__(2));
            }
        } else if (status != 0) {
            throw assertion("start_response() was called twice without exc_info (PEP 3333)");
        }
        int code = HeaderCheck.status(newStatus);
        List<String> checked = new ArrayList<>(16);
        remaining = check.headers(newHeaders, checked);
        headers = checked;
        status = code;
        hasBody = code != 204 && code != 304 && !exchange.method().equals("HEAD");
        return new Write();
    }

    /** PEP 3333's {@code write()}. */
    private final class Write extends PyObject {
        private static final long serialVersionUID = 1;

        @Override
        public PyObject __call__(PyObject data) {
            byte[] bytes = bytes(data, "write() takes");
            if (bytes.length > 0) {
                part(bytes);
            }
            return Py.None;
        }

        @Override
        public PyObject __call__(PyObject[] arguments, String[] keywords) {
            if (arguments.length != 1 || keywords.length > 0) {
                throw Py.TypeError("write() takes one argument");
            }
            return __call__(arguments[0]);
        }
    }

    /** Sends what the application returned. */
    void deliver(PyObject result) {
        if (result instanceof PyList || result instanceof PyTuple) {
            whole(joined(result));
            return;
        }
        PyObject streaming = result.__findattr__("streaming");
        if (streaming == Py.False) {
            // Django's HttpResponse has its content already; its attribute says so since Django 1.5.
            whole(bytes(result.__getattr__("content"), "the response's content must be"));
            return;
        }
        chunks(result);
    }

    private static byte[] joined(PyObject result) {
        if (result.__len__() == 1) {
            return bytes(result.__getitem__(0), "the application must give");
        }
        java.io.ByteArrayOutputStream joined = new java.io.ByteArrayOutputStream();
        for (PyObject chunk : result.asIterable()) {
            joined.writeBytes(bytes(chunk, "the application must give"));
        }
        return joined.toByteArray();
    }

    private void chunks(PyObject result) {
        PyObject iterator = result.__iter__();
        for (PyObject chunk = iterator.__iternext__(); chunk != null; chunk = iterator.__iternext__()) {
            byte[] bytes = bytes(chunk, "the application must give");
            if (bytes.length == 0) {
                // PEP 3333: headers wait for the first chunk that is not empty.
                continue;
            }
            if (!hasBody && status != 0) {
                // HEAD, 204, 304: what follows would be dropped, so it is not asked for.
                break;
            }
            part(bytes);
            if (isCut) {
                break;
            }
        }
        if (!isStarted && hasBody) {
            whole(new byte[0]);
        } else {
            end();
        }
    }

    private void whole(byte[] body) {
        if (isStarted) {
            if (body.length > 0) {
                part(body);
            }
            end();
            return;
        }
        demandStart();
        int length = body.length;
        if (remaining >= 0 && remaining != length && hasBody) {
            if (length < remaining) {
                throw new Incomplete(length + " bytes, Content-Length says " + remaining);
            }
            cut();
            length = (int) remaining;
        }
        isStarted = true;
        remaining = 0;
        try {
            boolean isSent = ResponseHead.apply(exchange, status, headers, length);
            if (isSent && length > 0) {
                exchange.output().write(body, 0, length);
            }
        } catch (IOException e) {
            throw new ClientGone(e);
        }
    }

    private void part(byte[] data) {
        demandStart();
        int length = data.length;
        if (remaining >= 0) {
            if (length > remaining) {
                cut();
                length = (int) remaining;
            }
            remaining -= length;
        }
        try {
            if (!isStarted) {
                isStarted = true;
                hasBody = ResponseHead.apply(exchange, status, headers, -1);
            }
            if (hasBody && length > 0) {
                // Each part is flushed: a streamed response is wanted as it comes.
                exchange.output().write(data, 0, length);
                exchange.output().flush();
            }
        } catch (IOException e) {
            throw new ClientGone(e);
        }
    }

    private void end() {
        if (!isStarted) {
            part(new byte[0]);
            try {
                // Else Jetty would say that the length is 0, which GET's is not.
                exchange.output().flush();
            } catch (IOException e) {
                throw new ClientGone(e);
            }
        } else if (remaining > 0 && hasBody) {
            throw new Incomplete("the application ended " + remaining + " bytes before its Content-Length");
        }
    }

    private void demandStart() {
        if (status == 0) {
            throw assertion("the application sent data before calling start_response() (PEP 3333)");
        }
    }

    private void cut() {
        if (!isCut) {
            isCut = true;
            check.warn(exchange.method() + " " + exchange.requestUri()
                    + ": the application sent more than its Content-Length says; the rest is cut off");
        }
    }

    /** Whether something was sent. */
    boolean isStarted() {
        return isStarted;
    }

    /** The application ended before it sent what its Content-Length promised. */
    static final class Incomplete extends RuntimeException {
        private static final long serialVersionUID = 1;

        Incomplete(String message) {
            super(message);
        }
    }

    static byte[] bytes(PyObject data, String who) {
        if (data instanceof PyString string && !(data instanceof PyUnicode)) {
            return string.getString().getBytes(StandardCharsets.ISO_8859_1);
        }
        throw Py.TypeError(who + " bytes (PEP 3333), not " + data.getType().fastGetName());
    }

    private static PyException assertion(String message) {
        return new PyException(Py.AssertionError, message);
    }
}
