using System.CommandLine;
using CityBrain.Cli;
using CityBrain.Dashboard;

namespace CityBrain.Access;

/// <summary>The options of `run` that give the dashboard TLS of its own.</summary>
internal sealed class DashboardSecurityOptions
{
    private readonly Option<string?> _certificate = new("--dashboard-cert")
    { Description = "PEM file of the dashboard's certificate and those above it: HTTPS, TLS 1.2 or 1.3 only" };
    private readonly Option<string?> _key = new("--dashboard-key") { Description = "PEM file of its private key" };

    public void AddTo(Command command)
    {
        command.Add(_certificate);
        command.Add(_key);
    }

    /// <exception cref="CliFailure">One without the other, or files that will not do.</exception>
    public DashboardTls? Read(ParseResult parsed)
    {
        string? certificate = parsed.GetValue(_certificate), key = parsed.GetValue(_key);
        if (certificate is null != key is null) throw CliFailure.Usage("--dashboard-cert and --dashboard-key go together");
        return certificate is null ? null
            : new DashboardTls(CertificateFile.WithKey(certificate, key!), CertificateFile.Read(certificate));
    }
}
