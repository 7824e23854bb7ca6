import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.apache.http.Header;
import org.apache.http.HttpHost;
import org.apache.http.HttpResponse;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.client.methods.HttpHead;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.client.methods.HttpUriRequest;
import org.apache.http.config.RegistryBuilder;
import org.apache.http.config.SocketConfig;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.conn.ssl.NoopHostnameVerifier;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.entity.InputStreamEntity;
import org.apache.http.impl.client.BasicCookieStore;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.apache.http.impl.cookie.BasicClientCookie;
import org.apache.http.protocol.HttpContext;
import org.apache.http.util.EntityUtils;
import org.apache.http.util.VersionInfo;

/**
 * Calls an adapter straight, as a security server does, with the HTTP library that security servers use: Apache HttpClient
 * 4.5, TLS 1.2 with eight RSA suites and no ALPN, every server certificate taken in the handshake and the leaf compared
 * afterwards, a pool whose idle connections are closed after 50 ms, one cookie jar for everybody, no retry, no redirect.
 *
 * <p>Arguments: address of the X-Road listener, folder with {@code security-server.{cert,key}.pem} and
 * {@code adapter.cert.pem}, a recipient with a mailbox. Nothing of ours is used. Exit code 1 says what was wrong.
 */
public final class Client {
    private static final String[] SUITES = {
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    };
    /** The two that both sides have. */
    private static final List<String> SHARED =
        List.of("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    private static final int IDLE_MS = 50;
    private static final int MONITOR_MS = 100;
    private static final String CONSUMER = "FI-TEST/GOV/9999906-0/asiointi";
    private static final String TENANT = "turku";

    private final String address;
    private final String recipient;
    private final AtomicInteger connections = new AtomicInteger();
    private final Set<String> suites = ConcurrentHashMap.newKeySet();
    private final BasicCookieStore cookies = new BasicCookieStore();
    private final PoolingHttpClientConnectionManager pool;
    private final CloseableHttpClient http;
    /** The same without connection state: with a client certificate the library else keeps a connection for one context. */
    private final CloseableHttpClient reusing;

    private Client(String address, Path pki, String recipient) throws Exception {
        this.address = address;
        this.recipient = recipient;
        Certificate adapter = certificate(pki.resolve("adapter.cert.pem"));
        SSLContext tls = context(keys(pki));
        pool = new PoolingHttpClientConnectionManager(
            RegistryBuilder.<ConnectionSocketFactory>create().register("https", new Sockets(tls, adapter)).build());
        pool.setMaxTotal(10_000);
        pool.setDefaultMaxPerRoute(2_500);
        pool.setValidateAfterInactivity(2_000);
        pool.setDefaultSocketConfig(SocketConfig.custom().setTcpNoDelay(true).setSoTimeout(60_000).build());
        http = builder().build();
        reusing = builder().disableConnectionState().build();
        Thread monitor = new Thread(this::closeIdle, "idle connections");
        monitor.setDaemon(true);
        monitor.start();
    }

    private HttpClientBuilder builder() {
        return HttpClients.custom().setConnectionManager(pool).setDefaultCookieStore(cookies).disableAutomaticRetries()
            .setDefaultRequestConfig(RequestConfig.custom().setRedirectsEnabled(false).setConnectTimeout(30_000)
                .setSocketTimeout(60_000).setConnectionRequestTimeout(30_000).build());
    }

    public static void main(String[] arguments) throws Exception {
        Path pki = Path.of(arguments[1]);
        Client client = new Client(arguments[0], pki, arguments[2]);
        say("Apache HttpClient " + VersionInfo.loadVersionInfo("org.apache.http.client", null).getRelease() + ", Java "
            + Runtime.version());
        String code = client.reads();
        client.errors();
        client.letters();
        client.cookies(code);
        client.keepsAlive(code);
        client.idlesAway(code);
        client.together(code);
        client.strangers();
        check(client.suites.size() == 1 && SHARED.containsAll(client.suites), "the suites were " + client.suites);
        check(client.cookies.getCookies().stream().allMatch(it -> it.getName().equals("of-another")), "a cookie was set");
        say("TLS 1.2, " + client.suites + ", " + client.connections + " connections");
        System.exit(0);
    }

    // --- What is checked ------------------------------------------------------------------------------------------------

    private String reads() throws Exception {
        Answer list = send(rest(new HttpGet(url("catalogue/rest/v1/services?limit=5"))));
        check(list.status == 200 && list.type.equals("application/json"), "the list: " + list);
        Matcher found = Pattern.compile("\"code\":\"([^\"]+)\"").matcher(list.text());
        check(found.find(), "the list holds no service: " + list);
        String code = found.group(1);
        Answer one = send(rest(new HttpGet(url("catalogue/rest/v1/services/" + code))));
        check(one.status == 200 && one.etag != null, "a service: " + one);
        HttpGet unchanged = rest(new HttpGet(url("catalogue/rest/v1/services/" + code)));
        unchanged.setHeader("If-None-Match", one.etag);
        Answer same = send(unchanged);
        check(same.status == 304 && same.body.length == 0, "a service that has not changed: " + same);
        Answer head = send(rest(new HttpHead(url("catalogue/rest/v1/services/" + code))));
        check(head.status == 200 && head.body.length == 0 && one.etag.equals(head.etag), "HEAD: " + head);
        String id = UUID.randomUUID().toString();
        Answer soap = send(soap("catalogue", "text/xml; charset=UTF-8", envelope("getService", id, getService(code)).getBytes(StandardCharsets.UTF_8)));
        check(soap.status == 200 && soap.type.equals("text/xml; charset=UTF-8"), "getService: " + soap);
        check(soap.text().contains(id) && soap.text().contains("getServiceResponse"), "getService: " + soap);
        say("reads: list, one, unchanged, HEAD, getService over SOAP");
        return code;
    }

    private void errors() throws Exception {
        Answer missing = send(rest(new HttpGet(url("catalogue/rest/v1/services/no-such-code"))));
        check(missing.status == 404 && missing.type.equals("application/problem+json"), "an unknown code: " + missing);
        byte[] cut = envelope("getService", "x", getService("1")).substring(0, 300).getBytes(StandardCharsets.UTF_8);
        Answer fault = send(soap("catalogue", "text/xml; charset=UTF-8", cut));
        check(fault.status == 500 && fault.text().contains("faultcode"), "half a message: " + fault);
        Answer large = send(soap("catalogue", "text/xml; charset=UTF-8", new byte[12 << 20]));
        check(large.status == 500 && large.text().contains("too-large"), "12 MiB of nothing: " + large);
        say("errors: a problem, a fault, a fault for a message that is still being sent when it is refused");
    }

    private void letters() throws Exception {
        byte[] pdf = Files.readAllBytes(Path.of("tests/samples/letters/decision.pdf"));
        String order = "httpclient-" + UUID.randomUUID();
        String body = "<m:sendMessage xmlns:m=\"urn:silta:messages:v1\"><m:orderId>" + order + "</m:orderId><m:recipients><m:id>"
            + recipient + "</m:id></m:recipients><m:title>Päätös</m:title><m:body>Päätös on liitteenä.</m:body><m:attachments>"
            + "<m:name>a.pdf</m:name><m:mediaType>application/pdf</m:mediaType><m:content><xop:Include "
            + "xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:pdf\"/></m:content></m:attachments></m:sendMessage>";
        String head = "--rajaus\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"text/xml\"\r\nContent-ID: <soap>\r\n\r\n"
            + envelope("sendMessage", UUID.randomUUID().toString(), body)
            + "\r\n--rajaus\r\nContent-Type: application/pdf\r\nContent-ID: <pdf>\r\n\r\n";
        byte[] message = concat(head.getBytes(StandardCharsets.UTF_8), pdf, "\r\n--rajaus--\r\n".getBytes(StandardCharsets.UTF_8));
        String type = "multipart/related; boundary=rajaus; type=\"application/xop+xml\"; start=\"<soap>\"; start-info=\"text/xml\"";
        Answer sent = send(soap("messages", type, message));
        check(sent.status == 200 && sent.text().contains("sendMessageResponse") && !sent.text().contains("<error>"),
            "sendMessage: " + sent);
        HttpPost again = rest(new HttpPost(url("messages/rest/v1/messages")));
        again.setHeader("Content-Type", "application/json");
        again.setEntity(new ByteArrayEntity(("{\"orderId\":\"" + order + "-rest\",\"recipients\":[{\"id\":\"" + recipient
            + "\"}],\"title\":\"Päätös\",\"body\":\"Päätös on tehty.\",\"attachments\":[]}").getBytes(StandardCharsets.UTF_8)));
        Answer accepted = send(again);
        check(accepted.status == 202, "POST messages: " + accepted);
        say("letters: MTOM with a PDF, JSON");
    }

    /** The jar is shared by all consumers: what another adapter of the host has set comes along, and means nothing. */
    private void cookies(String code) throws Exception {
        BasicClientCookie cookie = new BasicClientCookie("of-another", "consumer");
        cookie.setDomain(HttpHost.create(address).getHostName());
        cookie.setPath("/");
        cookies.addCookie(cookie);
        check(send(getServiceCall(code)).status == 200, "with a foreign cookie");
        say("cookies: a foreign one is ignored");
    }

    private void keepsAlive(String code) throws Exception {
        again(code);
        int before = connections.get();
        for (int call = 0; call < 50; call++) {
            check(again(code).status == 200, "call " + call + " over a connection that stays");
        }
        check(connections.get() - before <= 2, "50 calls took " + (connections.get() - before) + " new connections");
        say("keep-alive: 50 calls over one connection");
    }

    /** The pause is as long as the monitor needs to close the connection, some longer and some shorter. */
    private void idlesAway(String code) throws Exception {
        int before = connections.get();
        for (int call = 0; call < 60; call++) {
            check(again(code).status == 200, "call " + call + " after a pause");
            Thread.sleep(30 + 4L * call);
        }
        check(connections.get() - before > 20, "only " + (connections.get() - before) + " connections were new");
        say("idle close: 60 calls with pauses around it");
    }

    private void together(String code) throws Exception {
        int threads = 32;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        List<Callable<Integer>> work = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            work.add(() -> {
                int good = 0;
                for (int call = 0; call < 20; call++) {
                    HttpUriRequest request =
                        call % 2 == 0 ? getServiceCall(code) : rest(new HttpGet(url("catalogue/rest/v1/services/" + code)));
                    good += send(request).status == 200 ? 1 : 0;
                }
                return good;
            });
        }
        int good = 0;
        for (Future<Integer> done : executor.invokeAll(work)) {
            good += done.get();
        }
        executor.shutdown();
        check(good == threads * 20, good + " of " + threads * 20 + " calls at the same time were answered");
        say("together: 32 callers, 20 calls each");
    }

    private void strangers() throws Exception {
        SSLContext tls = context(null);
        HttpHost host = HttpHost.create(address);
        try (SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket()) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            socket.setEnabledCipherSuites(SUITES);
            socket.setSoTimeout(10_000);
            socket.connect(new InetSocketAddress(host.getHostName(), host.getPort()), 10_000);
            socket.startHandshake();
            check(false, "a client without certificate was let in");
        } catch (IOException refused) {
            say("strangers: without a certificate " + refused.getMessage());
        }
    }

    // --- Requests as a security server makes them --------------------------------------------------------------------------

    private HttpUriRequest getServiceCall(String code) {
        String message = envelope("getService", UUID.randomUUID().toString(), getService(code));
        return soap("catalogue", "text/xml; charset=UTF-8", message.getBytes(StandardCharsets.UTF_8));
    }

    /** Chunked whatever its length, {@code SOAPAction} and {@code accept-encoding} there and empty. */
    private HttpPost soap(String family, String type, byte[] message) {
        HttpPost post = new HttpPost(url(family + "/soap/v1"));
        post.setHeader("SOAPAction", "");
        post.setHeader("accept-encoding", "");
        InputStreamEntity entity = new InputStreamEntity(new ByteArrayInputStream(message));
        entity.setChunked(true);
        entity.setContentType(type);
        post.setEntity(entity);
        return post;
    }

    private <R extends HttpUriRequest> R rest(R request) {
        request.addHeader("X-Road-Client", CONSUMER);
        request.addHeader("x-road-request-id", UUID.randomUUID().toString());
        request.addHeader("x-road-id", UUID.randomUUID().toString());
        return request;
    }

    private String url(String path) {
        return address + "/" + TENANT + "/" + path;
    }

    private static String getService(String code) {
        return "<c:getService xmlns:c=\"urn:silta:catalogue:v1\"><c:code>" + code + "</c:code></c:getService>";
    }

    private static String envelope(String operation, String id, String body) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
            + "xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:i=\"http://x-road.eu/xsd/identifiers\"><s:Header>"
            + "<x:client i:objectType=\"SUBSYSTEM\"><i:xRoadInstance>FI-TEST</i:xRoadInstance><i:memberClass>GOV</i:memberClass>"
            + "<i:memberCode>9999906-0</i:memberCode><i:subsystemCode>asiointi</i:subsystemCode></x:client>"
            + "<x:service i:objectType=\"SERVICE\"><i:xRoadInstance>FI-TEST</i:xRoadInstance><i:memberClass>MUN</i:memberClass>"
            + "<i:memberCode>1234567-1</i:memberCode><i:subsystemCode>palvelut</i:subsystemCode><i:serviceCode>" + operation
            + "</i:serviceCode><i:serviceVersion>v1</i:serviceVersion></x:service><x:id>" + id + "</x:id>"
            + "<x:protocolVersion>4.0</x:protocolVersion></s:Header><s:Body>" + body + "</s:Body></s:Envelope>";
    }

    private Answer send(HttpUriRequest request) throws IOException {
        return http.execute(request, Answer::new);
    }

    /** Over the connection of the call before, if it is still there. */
    private Answer again(String code) throws IOException {
        return reusing.execute(getServiceCall(code), Answer::new);
    }

    /** An answer, read to its end, with what no answer may have already refused. */
    private static final class Answer {
        final int status;
        final String type;
        final String etag;
        final byte[] body;

        Answer(HttpResponse response) throws IOException {
            status = response.getStatusLine().getStatusCode();
            type = value(response, "Content-Type");
            etag = value(response, "ETag");
            body = response.getEntity() == null ? new byte[0] : EntityUtils.toByteArray(response.getEntity());
            for (Header header : response.getAllHeaders()) {
                String name = header.getName().toLowerCase();
                check(!name.startsWith("x-road-") && !List.of("set-cookie", "content-encoding", "location").contains(name),
                    "an answer has the header " + header);
            }
        }

        private static String value(HttpResponse response, String name) {
            Header header = response.getFirstHeader(name);
            return header == null ? null : header.getValue();
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            String text = text();
            return status + " " + type + " " + text.substring(0, Math.min(text.length(), 400));
        }
    }

    private void closeIdle() {
        while (true) {
            try {
                Thread.sleep(MONITOR_MS);
            } catch (InterruptedException ended) {
                return;
            }
            pool.closeExpiredConnections();
            pool.closeIdleConnections(IDLE_MS, TimeUnit.MILLISECONDS);
        }
    }

    // --- TLS ---------------------------------------------------------------------------------------------------------------

    /** Counts connections, and compares the leaf after the handshake. */
    private final class Sockets extends SSLConnectionSocketFactory {
        private final Certificate adapter;

        Sockets(SSLContext tls, Certificate adapter) {
            super(tls, new String[] {"TLSv1.2"}, SUITES, NoopHostnameVerifier.INSTANCE);
            this.adapter = adapter;
        }

        @Override
        public Socket connectSocket(int timeout, Socket socket, HttpHost host, InetSocketAddress remote,
            InetSocketAddress local, HttpContext context) throws IOException {
            Socket connected = super.connectSocket(timeout, socket, host, remote, local, context);
            SSLSession session = ((SSLSocket) connected).getSession();
            check(session.getProtocol().equals("TLSv1.2"), "the protocol is " + session.getProtocol());
            String application = ((SSLSocket) connected).getApplicationProtocol();
            check(application == null || application.isEmpty(), "an application protocol was chosen: " + application);
            if (!session.getPeerCertificates()[0].equals(adapter)) {
                throw new SSLException("SslAuthenticationFailed: not the certificate that was uploaded");
            }
            suites.add(session.getCipherSuite());
            connections.incrementAndGet();
            return connected;
        }
    }

    private static SSLContext context(KeyManager[] keys) throws Exception {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys, new TrustManager[] {new Anybody()}, null);
        return tls;
    }

    private static KeyManager[] keys(Path pki) throws Exception {
        String pem = Files.readString(pki.resolve("security-server.key.pem"));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        Certificate[] chain = {certificate(pki.resolve("security-server.cert.pem"))};
        store.setKeyEntry("internal", KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der)), new char[0], chain);
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, new char[0]);
        return factory.getKeyManagers();
    }

    private static Certificate certificate(Path path) throws Exception {
        try (InputStream file = Files.newInputStream(path)) {
            return CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
    }

    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    // --- Small things ------------------------------------------------------------------------------------------------------

    private static byte[] concat(byte[]... pieces) {
        int length = Arrays.stream(pieces).mapToInt(piece -> piece.length).sum();
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] piece : pieces) {
            System.arraycopy(piece, 0, all, at, piece.length);
            at += piece.length;
        }
        return all;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            System.err.println("HttpClient: " + otherwise);
            System.exit(1);
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
