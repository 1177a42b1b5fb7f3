package org.djwar.runtime.cpython;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PartTest {
    @Test
    void aBufferIsUsedAgainAndShowsNothingOfThePartBefore() throws IOException {
        Part part = new Part(bytes("head, begun"), 6);
        assertEquals(5, part.length());
        assertEquals("begun", written(part));

        byte[] larger = part.reserve(20);
        System.arraycopy(bytes("twenty bytes exactly"), 0, larger, 0, 20);
        assertEquals("twenty bytes exactly", written(part));

        assertSame(larger, part.reserve(3));
        System.arraycopy(bytes("one"), 0, larger, 0, 3);
        assertEquals("one", written(part));
        assertArrayEquals(bytes("one"), part.copy());
        assertEquals(3, part.buffer().remaining());

        part.set(bytes("handed back"), 0);
        assertEquals("handed back", written(part));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String written(Part part) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        part.write(output);
        return output.toString(StandardCharsets.US_ASCII);
    }
}
