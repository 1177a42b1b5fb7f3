package org.djwar.runtime;

import java.io.IOException;

/**
 * The application failed after the head was sent. Thrown out of the filter, so that the container breaks the connection: a
 * client must not take the part for the whole.
 */
public final class TruncatedResponse extends IOException {
    private static final long serialVersionUID = 1;

    /** Says why; without a stack trace, which would tell nothing about the application. */
    public TruncatedResponse(String message) {
        super(message);
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
