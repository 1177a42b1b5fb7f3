package org.djwar.runtime.cpython;

/** The frames' types and sizes, as the protocol's page has them. */
final class Frames {
    static final int PROTOCOL = 1;
    static final byte HELLO = 'H';
    static final byte REQUEST = 'R';
    static final byte PULL = 'P';
    static final byte DATA = 'D';
    static final byte ABORT = 'A';
    static final byte FULL = 'F';
    static final byte START = 'S';
    static final byte BODY = 'B';
    static final byte END = 'E';
    static final byte TRUNCATED = 'T';
    static final byte FILE = 'X';
    static final byte TAKEN = 'Y';
    static final byte REFUSED = 'N';
    static final byte RETIRE = 'Q';

    /** A frame's type and length. */
    static final int HEADER = 5;
    static final int LARGEST_PAYLOAD = 16 * 1024 * 1024;
    static final int LARGEST_INLINE_BODY = 48 * 1024;
    /** Of each direction of each connection: a request with an inline body, or a page, in one system call. */
    static final int BUFFER = 64 * 1024;

    private Frames() {}
}
