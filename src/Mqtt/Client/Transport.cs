using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CityBrain.Mqtt.Client;

/// <summary>Opens the byte stream to a broker: TCP, with TLS over it where asked for.</summary>
internal static class Transport
{
    /// <exception cref="MqttConnectException">The connection could not be made.</exception>
    public static async Task<Stream> OpenAsync(MqttClientOptions options, CancellationToken cancellation)
    {
        if (options.Open is { } open)
        {
            return OpenInner(open);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancellation).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new MqttConnectException(
                ConnectFailure.Unreachable,
                $"No MQTT broker answers at {options.Host}:{options.Port} ({e.SocketErrorCode}).", inner: e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = new NetworkStream(socket, ownsSocket: true);
        return options.Tls is null
            ? stream
            : await SecureAsync(stream, options, options.Tls, cancellation).ConfigureAwait(false);
    }

    private static Stream OpenInner(Func<Stream> open)
    {
        try
        {
            return open();
        }
        catch (ObjectDisposedException e)
        {
            throw new MqttConnectException(
                ConnectFailure.Unreachable, "The MQTT broker of this process has stopped.", inner: e);
        }
    }

    private static async Task<Stream> SecureAsync(
        NetworkStream inner, MqttClientOptions options, MqttTls tls, CancellationToken cancellation)
    {
        var secure = new SslStream(inner);
        try
        {
            SslClientAuthenticationOptions authentication = Authentication(tls, tls.ServerName ?? options.Host);
            await secure.AuthenticateAsClientAsync(authentication, cancellation).ConfigureAwait(false);
            return secure;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or CryptographicException)
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw new MqttConnectException(
                ConnectFailure.Tls, $"TLS with {options.Host}:{options.Port} failed: {e.Message}", inner: e);
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static SslClientAuthenticationOptions Authentication(MqttTls tls, string serverName)
    {
        var authentication = new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (tls.CaFile is not null)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(tls.CaFile);
            authentication.CertificateChainPolicy = policy;
        }

        if (tls.ClientCertificateFile is not null)
        {
            authentication.ClientCertificates =
                [X509Certificate2.CreateFromPemFile(tls.ClientCertificateFile, tls.ClientKeyFile)];
        }

        return authentication;
    }
}
