using System.CommandLine;
using CityBrain.Cli;
using CityBrain.Mqtt.Client;

namespace CityBrain.Access;

/// <summary>The options of a command that is a client of somebody else's broker: where it is, and who we are there.</summary>
internal sealed class BrokerClientOptions
{
    /// <summary>The password, where no file is given.</summary>
    public const string PasswordVariable = "CITYBRAIN_BROKER_PASSWORD";

    private readonly Option<string?> _broker;
    private readonly Option<string?> _user = new("--broker-user") { Description = "user name at the broker" };
    private readonly Option<string?> _passwordFile = new("--broker-password-file")
    { Description = $"file with the password; else the variable {PasswordVariable}" };
    private readonly Option<string?> _authorities = new("--broker-ca")
    { Description = "PEM file of who issued the broker's certificate, instead of the machine's authorities" };
    private readonly Option<string?> _certificate = new("--broker-cert") { Description = "PEM file of our certificate" };
    private readonly Option<string?> _key = new("--broker-key") { Description = "PEM file of its private key" };

    /// <param name="meaning">What the option --broker is for.</param>
    /// <param name="otherwise">The address where it is not given.</param>
    public BrokerClientOptions(string meaning, string? otherwise = null)
    {
        _broker = new Option<string?>("--broker") { Description = meaning };
        if (otherwise is not null) _broker.DefaultValueFactory = _ => otherwise;
    }

    public void AddTo(Command command)
    {
        command.Add(_broker);
        command.Add(_user);
        command.Add(_passwordFile);
        command.Add(_authorities);
        command.Add(_certificate);
        command.Add(_key);
    }

    /// <summary>Where to connect; null where no broker is named.</summary>
    /// <exception cref="CliFailure">No address, options that do not go together, or files that will not do.</exception>
    public MqttClientOptions? Read(ParseResult parsed)
    {
        string? user = parsed.GetValue(_user), passwordFile = parsed.GetValue(_passwordFile);
        string? authorities = parsed.GetValue(_authorities);
        string? certificate = parsed.GetValue(_certificate), key = parsed.GetValue(_key);
        if (parsed.GetValue(_broker) is not { } address)
        {
            if ((user ?? passwordFile ?? authorities ?? certificate ?? key) is not null)
                throw CliFailure.Usage("--broker-user, --broker-ca and the like need --broker");
            return null;
        }
        MqttClientOptions options = Address(address);
        if (certificate is null != key is null) throw CliFailure.Usage("--broker-cert and --broker-key go together");
        if ((authorities ?? certificate) is not null && options.Tls is null)
            throw CliFailure.Usage("certificates need an address with TLS: mqtts://host:8883");
        if (authorities is not null) CertificateFile.Read(authorities);
        if (certificate is not null) CertificateFile.WithKey(certificate, key!).Dispose();
        options = options with
        {
            UserName = user ?? options.UserName,
            Password = PrivateFile.ReadSecret(passwordFile, PasswordVariable, "password") ?? options.Password,
        };
        return options.Tls is null ? options : options with
        {
            Tls = new MqttTls { CaFile = authorities, ClientCertificateFile = certificate, ClientKeyFile = key },
        };
    }

    private static MqttClientOptions Address(string text)
    {
        try
        {
            return MqttClientOptions.FromUri(text);
        }
        catch (FormatException e)
        {
            throw CliFailure.Usage(e.Message);
        }
    }
}
