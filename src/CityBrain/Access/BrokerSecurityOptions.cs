using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CityBrain.Cli;
using CityBrain.Mqtt.Broker;

namespace CityBrain.Access;

/// <summary>How the embedded broker is guarded: its users and its TLS.</summary>
internal sealed record BrokerSecurity(string? UsersFile, MqttBrokerTls? Tls);

/// <summary>The options of `run` that guard the embedded broker.</summary>
internal sealed class BrokerSecurityOptions
{
    /// <summary>Path of the users file, where the option is not given.</summary>
    public const string UsersVariable = "CITYBRAIN_MQTT_USERS";

    private readonly Option<string?> _users = new("--mqtt-users")
    { Description = $"file of the embedded broker's users (citybrain broker users); else the variable {UsersVariable}" };
    private readonly Option<string?> _certificate = new("--mqtt-cert")
    { Description = "PEM file of the embedded broker's certificate and those above it: TLS 1.2 or 1.3 only" };
    private readonly Option<string?> _key = new("--mqtt-key") { Description = "PEM file of its private key" };
    private readonly Option<string?> _clientAuthorities = new("--mqtt-client-ca")
    { Description = "PEM file of who issues clients' certificates; the common name is the user" };
    private readonly Option<bool> _requireCertificate = new("--mqtt-require-client-cert")
    { Description = "refuse clients without a certificate" };

    public void AddTo(Command command)
    {
        command.Add(_users);
        command.Add(_certificate);
        command.Add(_key);
        command.Add(_clientAuthorities);
        command.Add(_requireCertificate);
    }

    /// <exception cref="CliFailure">Options that do not go together, or files that will not do.</exception>
    public BrokerSecurity Read(ParseResult parsed)
    {
        string? certificate = parsed.GetValue(_certificate), key = parsed.GetValue(_key);
        string? authorities = parsed.GetValue(_clientAuthorities);
        bool require = parsed.GetValue(_requireCertificate);
        string? users = parsed.GetValue(_users) ?? Environment.GetEnvironmentVariable(UsersVariable);
        if (string.IsNullOrEmpty(users)) users = null;
        if (certificate is null != key is null) throw CliFailure.Usage("--mqtt-cert and --mqtt-key go together");
        if (authorities is not null && certificate is null) throw CliFailure.Usage("--mqtt-client-ca needs --mqtt-cert");
        if (authorities is not null && users is null)
            throw CliFailure.Usage("--mqtt-client-ca needs --mqtt-users: a certificate says who, the users say what");
        if (require && authorities is null) throw CliFailure.Usage("--mqtt-require-client-cert needs --mqtt-client-ca");
        if (certificate is null) return new BrokerSecurity(users, null);
        X509Certificate2Collection chain = CertificateFile.Read(certificate);
        return new BrokerSecurity(users, new MqttBrokerTls(CertificateFile.WithKey(certificate, key!))
        {
            Chain = chain,
            ClientAuthorities = authorities is null ? null : CertificateFile.Read(authorities),
            RequireClientCertificate = require,
        });
    }
}

/// <summary>Certificates and keys in PEM files, with a sentence for what is wrong.</summary>
internal static class CertificateFile
{
    /// <exception cref="CliFailure">Missing, or without a certificate.</exception>
    public static X509Certificate2Collection Read(string path)
    {
        if (!File.Exists(path)) throw CliFailure.Missing($"there is no certificate '{path}'");
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPemFile(path);
        }
        catch (CryptographicException e)
        {
            throw CliFailure.Failed($"'{path}' is not a certificate in PEM: {e.Message}");
        }
        return found.Count > 0 ? found : throw CliFailure.Failed($"there is no certificate in '{path}'");
    }

    /// <exception cref="CliFailure">The key is missing, open to others, or not this certificate's.</exception>
    public static X509Certificate2 WithKey(string path, string keyPath)
    {
        PrivateFile.Read(keyPath, "the private key");
        try
        {
            return X509Certificate2.CreateFromPemFile(path, keyPath);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw CliFailure.Failed($"'{path}' and '{keyPath}' are not a certificate and its key: {e.Message}");
        }
    }
}
