package org.djwar.runtime.cpython;

import java.io.IOException;
import java.io.OutputStream;
import org.djwar.runtime.Body;
import org.djwar.runtime.Environ;
import org.djwar.runtime.Exchange;
import org.djwar.runtime.Request;
import org.djwar.runtime.ResponseHead;
import org.djwar.runtime.TruncatedResponse;

/** One request and its answer over one connection. */
final class Conversation {
    private final Pool pool;
    private final Environ environ;
    private final long silence;
    private final Overflow.Room room;
    private final java.util.function.Consumer<Worker> wornOut;

    /** The worker failed before it answered; {@code isUnseen}: the application can't have seen the request. */
    static final class NoAnswer extends IOException {
        private static final long serialVersionUID = 1;
        final boolean isUnseen;
        final boolean isTimeout;

        NoAnswer(IOException cause, boolean isUnseen, boolean isTimeout) {
            super(cause);
            this.isUnseen = isUnseen;
            this.isTimeout = isTimeout;
        }
    }

    /** Conversations over the pool's connections; {@code silence}: how long a worker may send nothing. */
    Conversation(Pool pool, Environ environ, long silence, Overflow.Room room, java.util.function.Consumer<Worker> wornOut) {
        this.pool = pool;
        this.environ = environ;
        this.silence = silence;
        this.room = room;
        this.wornOut = wornOut;
    }

    /** Sends the request and passes the answer on; the connection is back in the pool, or closed, afterwards. */
    void run(Connection connection, Request request) throws IOException {
        boolean isReleased = false;
        try {
            send(connection, request);
            byte type = receiveAnswer(connection, request.body());
            if (type == Frames.FILE) {
                byte[] offer = takeAnswer(connection, type);
                try (HandedFile file = HandedFile.open(connection.worker.pid(), offer, bodyAt(offer))) {
                    consent(connection, file != null);
                    if (file != null) {
                        isReleased = true;
                        release(connection);
                        writeFile(request, offer, file);
                        return;
                    }
                }
                type = receiveAnswer(connection, request.body());
            }
            byte[] answer = takeAnswer(connection, type);
            if (request.timing() != null) {
                request.timing().answered();
            }
            if (type == Frames.FULL) {
                isReleased = true;
                release(connection);
                writeFull(request.exchange(), answer);
            } else {
                boolean isTaken = stream(connection, request, answer);
                isReleased = true;
                if (!isTaken) {
                    release(connection);
                }
            }
        } catch (Taken e) {
            isReleased = true;
            throw e.getCause() instanceof EndedEarly ? brokenOff() : e.getCause();
        } catch (EnvironBytes.NulInRequest e) {
            // The worker has seen nothing of it.
            isReleased = true;
            release(connection);
            throw e;
        } catch (EndedEarly e) {
            isReleased = true;
            release(connection);
            throw brokenOff();
        } catch (NoAnswer e) {
            if (!connection.hasAnswered()) {
                pool.withdraw(connection.worker);
            }
            throw e;
        } finally {
            if (!isReleased) {
                pool.discard(connection);
            }
        }
    }

    private static TruncatedResponse brokenOff() {
        return new TruncatedResponse("the application failed after its response had begun");
    }

    private void send(Connection connection, Request request) throws IOException {
        EnvironBytes frame = connection.request;
        Body body = request.body();
        frame.clear();
        environ.write(request, frame);
        boolean isInline = body.bytes() != null && body.length() <= Frames.LARGEST_INLINE_BODY;
        frame.finish(isInline ? body.bytes() : null, (int) (isInline ? body.length() : 0));
        connection.expect(silence);
        try {
            connection.sendRequest();
        } catch (IOException e) {
            // An incomplete frame is never acted on, so any method may be sent again.
            throw new NoAnswer(e, !connection.isTimedOut(), connection.isTimedOut());
        }
    }

    /** The type of the first frame that is none of the request's body. */
    private byte receiveAnswer(Connection connection, Body body) throws IOException {
        byte type = receive(connection);
        while (type == Frames.PULL) {
            answerPull(connection, body);
            type = receive(connection);
        }
        return type;
    }

    private static void consent(Connection connection, boolean isTaken) throws NoAnswer {
        try {
            connection.sendConsent(isTaken);
        } catch (IOException e) {
            throw new NoAnswer(e, false, connection.isTimedOut());
        }
    }

    private static void writeFile(Request request, byte[] offer, HandedFile file) throws IOException {
        if (request.timing() != null) {
            request.timing().answered();
        }
        Exchange exchange = request.exchange();
        if (ResponseHead.apply(exchange, status(offer), offer, 6, bodyAt(offer), file.length())) {
            file.send(exchange.output());
        }
    }

    private byte receive(Connection connection) throws NoAnswer {
        try {
            connection.expect(silence);
            return connection.nextFrame();
        } catch (IOException e) {
            throw new NoAnswer(e, false, connection.isTimedOut());
        }
    }

    private void answerPull(Connection connection, Body body) throws IOException {
        try {
            byte[] wanted = connection.takePayload();
            connection.sendData(body, wanted.length == 4 ? unsigned(wanted, 0) : 0);
        } catch (IOException e) {
            throw new NoAnswer(e, false, connection.isTimedOut());
        }
    }

    private byte[] takeAnswer(Connection connection, byte type) throws NoAnswer {
        try {
            if (type != Frames.FULL && type != Frames.START && type != Frames.FILE) {
                throw new IOException("a frame of type " + type + " where an answer was due");
            }
            byte[] answer = connection.takePayload();
            if (answer.length < 6 || unsigned(answer, 2) > answer.length - 6) {
                throw new IOException("an answer of " + answer.length + " bytes breaks the protocol");
            }
            return answer;
        } catch (IOException e) {
            throw new NoAnswer(e, false, connection.isTimedOut());
        } finally {
            connection.expect(0);
        }
    }

    private void release(Connection connection) {
        connection.expect(0);
        if (connection.hasLeftovers()) {
            pool.discard(connection);
        } else if (pool.release(connection)) {
            wornOut.accept(connection.worker);
        }
    }

    private static void writeFull(Exchange exchange, byte[] answer) throws IOException {
        int bodyAt = bodyAt(answer);
        int length = answer.length - bodyAt;
        boolean hasBody = ResponseHead.apply(exchange, status(answer), answer, 6, bodyAt, length);
        if (hasBody && length > 0) {
            exchange.output().write(answer, bodyAt, length);
        }
    }

    private static final class EndedEarly extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** True when the connection has been released already. */
    private boolean stream(Connection connection, Request request, byte[] start) throws IOException {
        Exchange exchange = request.exchange();
        int bodyAt = bodyAt(start);
        boolean hasBody = ResponseHead.apply(exchange, status(start), start, 6, bodyAt, -1);
        OutputStream output = exchange.output();
        if (!hasBody) {
            // Else Jetty would say that the length is 0, which GET's is not.
            output.flush();
        }
        Overflow overflow = new Overflow(room, mine -> drain(connection, request.body(), mine));
        connection.overflow = overflow;
        try {
            Part part = new Part(start, bodyAt);
            boolean isMore = true;
            while (isMore) {
                overflow.enter();
                writePart(output, part, hasBody);
                if (overflow.leave(part.length())) {
                    isMore = nextPart(connection, request.body(), part);
                } else {
                    byte[] rest = overflow.passOn(output);
                    if (rest == null) {
                        return true;
                    }
                    part.set(rest, 0);
                }
            }
            return false;
        } catch (IOException e) {
            if (overflow.breakOff(connection)) {
                throw new Taken(e);
            }
            throw e;
        } catch (RuntimeException e) {
            // Some containers' way to say that the client has gone.
            if (overflow.breakOff(connection)) {
                throw new Taken(new IOException(e));
            }
            throw e;
        } finally {
            overflow.close();
        }
    }

    /** The connection is another thread's to release. */
    private static final class Taken extends IOException {
        private static final long serialVersionUID = 1;

        Taken(IOException cause) {
            super(cause);
        }

        @Override
        public synchronized IOException getCause() {
            return (IOException) super.getCause();
        }
    }

    /** Reads what a worker sends while its client is slow, so that the worker gets free. In a thread of its own. */
    private void drain(Connection connection, Body body, Overflow overflow) {
        IOException failure = null;
        try {
            Part part = new Part(new byte[0], 0);
            while (nextPart(connection, body, part)) {
                if (!overflow.keep(part)) {
                    if (!overflow.handBack(part.copy())) {
                        pool.discard(connection);
                    }
                    return;
                }
            }
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException | Error e) {
            failure = new IOException(e);
        }
        boolean isWhole = failure == null || failure instanceof EndedEarly;
        if (overflow.end(failure) && isWhole) {
            release(connection);
        } else {
            pool.discard(connection);
        }
    }

    /** Takes the next part of a streamed body; false at its end. */
    private boolean nextPart(Connection connection, Body body, Part part) throws IOException {
        byte type;
        try {
            connection.expect(silence);
            type = connection.nextFrame();
            while (type == Frames.PULL) {
                answerPull(connection, body);
                // Who reads an upload is not silent.
                connection.expect(silence);
                type = connection.nextFrame();
            }
            connection.takePayload(part);
        } catch (IOException e) {
            throw new NoAnswer(e, false, connection.isTimedOut());
        }
        connection.expect(0);
        if (type == Frames.TRUNCATED) {
            throw new EndedEarly();
        }
        if (type != Frames.BODY && type != Frames.END) {
            throw new NoAnswer(new IOException("a frame of type " + type + " inside an answer"), false, false);
        }
        return type == Frames.BODY;
    }

    /** Flushes each part: a streamed response is wanted as it comes. */
    private static void writePart(OutputStream output, Part part, boolean hasBody) throws IOException {
        if (hasBody) {
            part.write(output);
            output.flush();
        }
    }

    /** Where an answer's head ends. */
    private static int bodyAt(byte[] answer) {
        return 6 + unsigned(answer, 2);
    }

    private static int status(byte[] answer) {
        return (answer[0] & 0xFF) << 8 | answer[1] & 0xFF;
    }

    /** An unsigned length; too large ones become the largest int and are refused by their users. */
    private static int unsigned(byte[] bytes, int at) {
        int value = (bytes[at] & 0xFF) << 24 | (bytes[at + 1] & 0xFF) << 16 | (bytes[at + 2] & 0xFF) << 8 | bytes[at + 3] & 0xFF;
        return value < 0 ? Integer.MAX_VALUE : value;
    }
}
