package org.djwar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironTest {
    private static Map<String, String> environ(FakeExchange exchange, String... proxies) throws BootFailure {
        TrustedProxies trusted = new TrustedProxies(List.of(proxies));
        Map<String, String> result = new HashMap<>();
        new Environ(trusted).write(
                new Request(exchange, trusted.client(exchange), new Body(exchange.body, exchange.body.length)),
                (key, value) -> assertEquals(null, result.put(key, value), "twice: " + key));
        return result;
    }

    @Test
    void aPlainRequestHasWhatPep3333Requires() throws BootFailure {
        FakeExchange exchange = FakeExchange.of("GET", "/a").with("Host", "example.org");
        Map<String, String> environ = environ(exchange);
        assertEquals("GET", environ.get("REQUEST_METHOD"));
        assertEquals("", environ.get("SCRIPT_NAME"), "empty at the root, never missing");
        assertEquals("/a", environ.get("PATH_INFO"));
        assertEquals("", environ.get("QUERY_STRING"));
        assertEquals("example.org", environ.get("SERVER_NAME"));
        assertEquals("80", environ.get("SERVER_PORT"));
        assertEquals("HTTP/1.1", environ.get("SERVER_PROTOCOL"));
        assertEquals("http", environ.get("wsgi.url_scheme"));
        assertEquals("192.0.2.1", environ.get("REMOTE_ADDR"));
        assertFalse(environ.containsKey("CONTENT_LENGTH"));
        assertFalse(environ.containsKey("HTTPS"));
    }

    @Test
    void whomTheContainerHasAuthenticatedIsTheRemoteUser() throws BootFailure {
        FakeExchange exchange = FakeExchange.of("GET", "/").with("Remote-User", "forged").with("Remote_User", "forged");
        assertFalse(environ(exchange).containsKey("REMOTE_USER"));
        assertFalse(environ(exchange).containsKey("AUTH_TYPE"));
        exchange.user = "erika";
        assertEquals("erika", environ(exchange).get("REMOTE_USER"));
        assertEquals("BASIC", environ(exchange).get("AUTH_TYPE"));
        assertEquals("forged", environ(exchange).get("HTTP_REMOTE_USER"), "a header is a header");
    }

    @ParameterizedTest
    @CsvSource(value = {
        "''|/|''|/", "/ctx|/ctx|/ctx|/", "/ctx|/ctx/a%20b|/ctx|/a b", "''|/%C3%A9|''|/\u00c3\u00a9", "''|/%ff|''|/\u00ff",
        "''|/%252F|''|/%2F", "''|/a;x=1/b;y|''|/a/b", "''|/a%3Bb|''|/a;b", "''|/100%|''|/100%", "''|/%zz|''|/%zz",
        "/a%20b|/a%20b/c|/a b|/c", "/caf%C3%A9|/caf%C3%A9/x|/caf\u00c3\u00a9|/x", "''|*|''|/", "''|//a|''|//a"}, delimiter = '|')
    void pathsAreBytesDecodedOnce(String mount, String uri, String script, String path) throws BootFailure {
        FakeExchange exchange = FakeExchange.of("GET", uri);
        exchange.mount = mount;
        Map<String, String> environ = environ(exchange);
        assertEquals(script, environ.get("SCRIPT_NAME"));
        assertEquals(path, environ.get("PATH_INFO"));
    }

    @Test
    void aContextUnderAnotherSpellingFallsBackToTheContainersPath() throws BootFailure {
        FakeExchange exchange = FakeExchange.of("GET", "/c%74x/\u00e9");
        exchange.mount = "/ctx";
        exchange.containerPath = "/\u00e9";
        assertEquals("/\u00c3\u00a9", environ(exchange).get("PATH_INFO"));
    }

    @Test
    void repeatedHeadersAreJoinedAndCookiesWithSemicolons() throws BootFailure {
        Map<String, String> environ = environ(FakeExchange.of("GET", "/").with("X-A", "1").with("X-A", "2")
                .with("Cookie", "a=1").with("Cookie", "b=2").with("Host", "h").with("Host", "evil"));
        assertEquals("1,2", environ.get("HTTP_X_A"));
        assertEquals("a=1; b=2", environ.get("HTTP_COOKIE"));
        assertEquals("h", environ.get("HTTP_HOST"));
    }

    @Test
    void headersThatPlayOthersNeverArrive() throws BootFailure {
        Map<String, String> environ = environ(
                FakeExchange.of("GET", "/").with("X_Real_Ip", "1").with("Proxy", "evil").with("Transfer-Encoding", "chunked"));
        assertTrue(environ.keySet().stream().noneMatch(key -> key.startsWith("HTTP_")), environ.toString());
    }

    @Test
    void aChunkedBodyGetsItsTrueLengthAndTheTypeIsNoHttpVariable() throws BootFailure {
        FakeExchange exchange = FakeExchange.of("POST", "/").with("Content-Type", "text/plain").sending(new byte[7]);
        exchange.contentLength = -1;
        Map<String, String> environ = environ(exchange);
        assertEquals("7", environ.get("CONTENT_LENGTH"));
        assertEquals("text/plain", environ.get("CONTENT_TYPE"));
        assertFalse(environ.containsKey("HTTP_CONTENT_TYPE"));
    }

    private static FakeExchange forwarded() {
        return FakeExchange.of("GET", "/").with("Host", "inner").with("X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.7")
                .with("X-Forwarded-Proto", "https").with("X-Forwarded-Host", "site.example");
    }

    @Test
    void aTrustedProxyIsBelieved() throws BootFailure {
        FakeExchange exchange = forwarded();
        exchange.peer = "10.0.0.8";
        Map<String, String> environ = environ(exchange, "10.0.0.0/24");
        assertEquals("203.0.113.9", environ.get("REMOTE_ADDR"), "the first from the right that is no proxy");
        assertEquals("https", environ.get("wsgi.url_scheme"));
        assertEquals("on", environ.get("HTTPS"));
        assertEquals("site.example", environ.get("HTTP_HOST"));
        assertEquals("443", environ.get("SERVER_PORT"));
    }

    @ParameterizedTest
    @CsvSource({"203.0.113.9:5678,203.0.113.9", "[2001:db8::9]:443,2001:db8::9", "[2001:db8::9],2001:db8::9",
        "2001:db8::9,2001:db8::9", "999.999.999.999,10.0.0.7", "203.0.113.256,10.0.0.7", "unknown,10.0.0.7", "[],10.0.0.7"})
    void aClientsAddressMayHaveAPortAndIsNeverLookedUp(String hop, String address) throws BootFailure {
        FakeExchange exchange = FakeExchange.of("GET", "/").with("X-Forwarded-For", hop + ", 10.0.0.7:80");
        exchange.peer = "10.0.0.8";
        assertEquals(address, environ(exchange, "10.0.0.0/24").get("REMOTE_ADDR"));
    }

    @ParameterizedTest
    @CsvSource({"/ctx/app,/ctx/app", "/ctx/app/,/ctx/app", "/ctx/app/x,/ctx/app", "/ctx/a%70p/x,/ctx/a%70p",
        "/ctx/app;jsessionid=1/x,/ctx/app;jsessionid=1", "/ctx//app/x,/ctx/app", "/c%74x/app/x,/ctx/app"})
    void aServletsPrefixIsTakenAsTheRequestLineSpellsIt(String uri, String mount) {
        assertEquals(mount, RequestPath.mount(uri, "/ctx", "/app"));
    }

    @Test
    void aPrefixOutsideOfAsciiStaysItself() {
        assertEquals("/caf%c3%a9/b%20c", RequestPath.mount("/caf%c3%a9/b%20c/x", "", "/café/b c"));
        assertEquals("/caf%C3%A9", RequestPath.mount("//caf%c3%a9/x", "", "/café"));
    }

    @Test
    void anybodyElseIsNot() throws BootFailure {
        Map<String, String> environ = environ(forwarded(), "10.0.0.0/24");
        assertEquals("192.0.2.1", environ.get("REMOTE_ADDR"));
        assertEquals("http", environ.get("wsgi.url_scheme"));
        assertEquals("inner", environ.get("HTTP_HOST"));
        assertFalse(environ.containsKey("HTTP_X_FORWARDED_PROTO"));
    }

    @Test
    void withoutConfiguredProxiesTheHeadersAreOrdinaryOnes() throws BootFailure {
        Map<String, String> environ = environ(forwarded());
        assertEquals("http", environ.get("wsgi.url_scheme"));
        assertEquals("192.0.2.1", environ.get("REMOTE_ADDR"));
        assertEquals("https", environ.get("HTTP_X_FORWARDED_PROTO"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.org", "10.0.0.0/33", "10.0.0", "::1/129", "a/b"})
    void aProxyThatIsNoAddressIsRefused(String item) {
        assertTrue(assertThrows(BootFailure.class, () -> new TrustedProxies(List.of(item))).getMessage().contains(item));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/WEB-INF/web.xml", "/web-inf/x", "/META-INF/", "/WEB-INF", "//WEB-INF/x", "/./WEB-INF/x", "/a/../WEB-INF/x",
        "/WEB-INF;x/y", "/WEB-INF./x", "/WEB-INF /x", "\\WEB-INF\\x", "/../WEB-INF/x"})
    void noSpellingReachesTheFoldersOfTheContainer(String path) {
        assertTrue(RequestPath.isForbidden(path), path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/a-b", "/blog/WEB-INF/", "/WEB-INFO/x", "/my-page"})
    void pagesAreNotForbidden(String path) {
        assertFalse(RequestPath.isForbidden(path), path);
    }
}
