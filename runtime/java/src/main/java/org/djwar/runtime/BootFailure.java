package org.djwar.runtime;

/** The application can't be served. The context stays up and answers 503 with the reason. */
public final class BootFailure extends Exception {
    private static final long serialVersionUID = 1;

    private final String traceback;
    private final boolean debug;
    private final boolean explained;

    /** A failure with the project's traceback; {@code debug}: whether clients may see it. */
    public BootFailure(String message, String traceback, boolean debug) {
        super(message);
        this.traceback = traceback;
        this.debug = debug;
        this.explained = false;
    }

    /** A failure of the host or the configuration, which holds no secret and may be shown to clients. */
    public BootFailure(String message) {
        super(message);
        this.traceback = "";
        this.debug = false;
        this.explained = true;
    }

    /** A failure of the host or the configuration, with what caused it. */
    public BootFailure(String message, Throwable cause) {
        this(message);
        initCause(cause);
    }

    /** Python's traceback, or empty. */
    public String traceback() {
        return traceback;
    }

    /** Whether Django's DEBUG is true, so that clients may see the traceback. */
    public boolean debug() {
        return debug;
    }

    /** Whether the message itself may be shown to clients. */
    public boolean isExplained() {
        return explained;
    }
}
