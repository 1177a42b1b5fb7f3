package org.djwar.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyAndHeadTest {
    @TempDir
    Path folder;

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private byte[] spooled(FakeExchange exchange) throws IOException {
        try (Body body = new Spool(folder, 1000, 0).take(exchange)) {
            ByteBuffer target = ByteBuffer.allocate((int) body.length());
            body.read(target);
            try (Stream<Path> files = Files.list(folder)) {
                assertEquals(0, files.count(), "a spooled body has no name, so a kill leaves nothing");
            }
            return target.array();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 999, 1000, 1001, 100_000})
    void bodiesKeepEveryByteWhateverTheirTransfer(int size) throws IOException {
        byte[] bytes = random(size);
        assertArrayEquals(bytes, spooled(FakeExchange.of("POST", "/").sending(bytes)));
        FakeExchange chunked = FakeExchange.of("POST", "/").with("Transfer-Encoding", "chunked").sending(bytes);
        chunked.contentLength = -1;
        assertArrayEquals(bytes, spooled(chunked));
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedAlsoWithoutALength() {
        Spool spool = new Spool(folder, 100, 500);
        FakeExchange known = FakeExchange.of("POST", "/").sending(new byte[501]);
        assertThrows(Spool.TooLarge.class, () -> spool.take(known));
        FakeExchange chunked = FakeExchange.of("POST", "/").with("Transfer-Encoding", "chunked").sending(new byte[501]);
        chunked.contentLength = -1;
        assertThrows(Spool.TooLarge.class, () -> spool.take(chunked));
    }

    @Test
    void aClientThatLeavesEarlyIsNotTakenForComplete() {
        FakeExchange exchange = FakeExchange.of("POST", "/").sending(new byte[10]);
        exchange.contentLength = 20;
        assertThrows(EOFException.class, () -> new Spool(folder, 1000, 0).take(exchange));
    }

    private static boolean apply(FakeExchange exchange, int status, String head, long bodyLength) throws IOException {
        byte[] bytes = head.getBytes(StandardCharsets.ISO_8859_1);
        return ResponseHead.apply(exchange, status, bytes, 0, bytes.length, bodyLength);
    }

    @Test
    void repeatedHeadersStayRepeatedAndUnsafeOnesGo() throws IOException {
        FakeExchange exchange = new FakeExchange();
        boolean hasBody = apply(exchange, 200, "Set-Cookie\0 a=1\0Set-Cookie\0b=2\0Connection\0close\0X\0a\r\nEvil: 1\0Y\0caf\u00e9", 3);
        assertTrue(hasBody);
        assertEquals(List.of("Set-Cookie: a=1", "Set-Cookie: b=2", "Y: caf\u00e9"), exchange.headers);
        assertEquals(3, exchange.length);
    }

    @Test
    void bodilessAnswersHaveNoBodyAndHeadKeepsTheLength() throws IOException {
        FakeExchange none = new FakeExchange();
        assertFalse(apply(none, 204, "Content-Length\0005", 5));
        assertEquals(-1, none.length);
        FakeExchange head = FakeExchange.of("HEAD", "/");
        assertFalse(apply(head, 200, "Content-Length\00012", 0));
        assertEquals(12, head.length);
        assertFalse(apply(new FakeExchange(), 304, "ETag\0x", 0));
    }

    @Test
    void jsonSurvivesTheWayThereAndBack() {
        Map<String, Object> object = Map.of("a", "\"\\\n\u00e9\u2028", "b", true);
        assertEquals(object, Json.object(Json.write(object)));
        assertEquals(Map.of("x", List.of(1.0, Map.of())), Json.object(" {\"x\" : [1, {}] } "));
        for (String wrong : List.of("", "{", "[]", "{\"a\":}", "{\"a\":1}x", "{\"a\":\"\\u12\"}")) {
            assertThrows(IllegalArgumentException.class, () -> Json.object(wrong), wrong);
        }
    }

    private Path project() throws IOException {
        Path application = Files.createDirectories(folder.resolve("war/app/site"));
        Files.writeString(application.resolve("settings.py"), "x = 1");
        Files.createDirectories(folder.resolve("war/app/media"));
        Files.writeString(folder.resolve("war/app/media/shipped.txt"), "shipped");
        return folder.resolve("war/app");
    }

    @Test
    void dataOutlivesADeploymentWhichDeletesItsFoldersFollowingLinks() throws Exception {
        Path data = Files.createDirectories(folder.resolve("data")).toRealPath();
        try (ProjectCopy copy = ProjectCopy.of(project(), data, "shop", new Log("test", "info"))) {
            DataFolder.keep("media/", copy.folder(), data);
            DataFolder.keep("db.sqlite3", copy.folder(), data);
            assertEquals("x = 1", Files.readString(copy.folder().resolve("site/settings.py")));
            Files.writeString(copy.folder().resolve("media/upload.txt"), "mine");
            Files.writeString(copy.folder().resolve("db.sqlite3"), "rows");
            Files.writeString(copy.folder().resolve("media/shipped.txt"), "edited");
        }
        assertEquals("mine", Files.readString(data.resolve("media/upload.txt")));
        try (ProjectCopy copy = ProjectCopy.of(project(), data, "shop", new Log("test", "info"))) {
            DataFolder.keep("media/", copy.folder(), data);
            DataFolder.keep("db.sqlite3", copy.folder(), data);
            assertEquals("edited", Files.readString(copy.folder().resolve("media/shipped.txt")), "a redeploy overwrites nothing");
            assertEquals("rows", Files.readString(copy.folder().resolve("db.sqlite3")));
            DataFolder.keep("media/upload.txt", copy.folder(), data);
            assertEquals("mine", Files.readString(data.resolve("media/upload.txt")), "named twice, kept once");
        }
        try (Stream<Path> left = Files.list(data.resolve(".djwar"))) {
            assertEquals(0, left.count());
        }
        assertThrows(BootFailure.class, () -> DataFolder.keep("../x", folder.resolve("war/app"), data));
    }
}
