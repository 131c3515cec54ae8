import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.Build;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One Elasticsearch node on 127.0.0.1 until SIGTERM: {@code java -cp 'HOME/lib/*' Node.java HOME DATA PORT}.
 *
 * Elastic's own server, HTTP, mappings, queries and aggregations. Elastic's start script and its security are not used:
 * for tests only. It says "listening on http://..." on standard output when it answers.
 */
public class Node {
    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]).toAbsolutePath();
        Path data = Files.createDirectories(Path.of(args[1])).toAbsolutePath();
        Settings settings = Settings.builder()
            .put("path.home", home.toString())
            .put("path.data", data.toString())
            .put("cluster.name", "tests")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", args[2])
            .put("transport.port", "0")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        LogConfigurator.configureESLogging();
        LogConfigurator.configureWithoutConfig(Settings.builder().put("logger.level", "WARN").build());
        describe(home, "transport-netty4", "org.elasticsearch.transport.netty4.Netty4Plugin");
        describe(home, "root", "eduvideo.RootPlugin");
        Environment environment = InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "tests");
        // The last argument: the server is on the class path here, not a named module.
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(environment.modulesDir()),
            PluginsLoader.loadPluginsBundles(environment.pluginsDir()),
            Map.of(),
            false);

        var node = new org.elasticsearch.node.Node(environment, plugins);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
            stopped.countDown();
        }));
        node.start();
        var address = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress();
        System.out.println("listening on http://" + address);
        stopped.await();
    }

    /** Writes a module's descriptor; the one inside transport-netty4 asks for named modules, which are not used here. */
    private static void describe(Path home, String name, String pluginClass) throws Exception {
        String version = Build.current().version();
        Files.writeString(home.resolve("modules").resolve(name).resolve("plugin-descriptor.properties"), """
            name=%s
            description=%s
            version=%s
            classname=%s
            java.version=17
            elasticsearch.version=%s
            """.formatted(name, name, version, pluginClass, version));
    }
}
