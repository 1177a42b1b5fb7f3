package org.djwar.runtime.jakarta;

import jakarta.servlet.ServletResponse;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Liberty's stream keeps what comes before the second flush; its response lets it go. */
final class LibertyOutput extends FilterOutputStream {
    private final ServletResponse response;

    LibertyOutput(OutputStream output, ServletResponse response) {
        super(output);
        this.response = response;
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        out.write(bytes, from, length);
    }

    @Override
    public void flush() throws IOException {
        out.flush();
        response.flushBuffer();
    }
}
