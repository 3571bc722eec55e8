using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CityBrain.Mqtt.Tests;

/// <summary>A certificate authority for one test; its certificate and those it issues lie in the test's folder.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder;
    private readonly X509Certificate2 _certificate;
    private byte _serial;

    public TestAuthority(string folder, string name = "ca")
    {
        _folder = folder;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Test authority {name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        _certificate = request.CreateSelfSigned(now.AddDays(-10), now.AddDays(10));
        CaFile = Path.Combine(folder, $"{name}.pem");
        File.WriteAllText(CaFile, _certificate.ExportCertificatePem());
    }

    /// <summary>PEM file of the authority's own certificate.</summary>
    public string CaFile { get; }

    public X509Certificate2Collection Certificates => [_certificate];

    /// <summary>A certificate of a server with this name, or of a client with this common name.</summary>
    public X509Certificate2 Issue(string name, bool client = false, int fromDay = -1, int toDay = 1)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(client ? ClientUse : ServerUse)], critical: false));
        if (!client)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            names.AddIpAddress(IPAddress.Parse("192.0.2.1"));
            request.CertificateExtensions.Add(names.Build());
        }

        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 issued = request.Create(
            _certificate, now.AddDays(fromDay), now.AddDays(toDay), [1, 2, 3, ++_serial]);
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>Issues a certificate as two PEM files.</summary>
    public (string CertFile, string KeyFile) IssueFiles(string name, bool client = true, int fromDay = -1, int toDay = 1)
    {
        using X509Certificate2 certificate = Issue(name, client, fromDay, toDay);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        string stem = Path.Combine(_folder, $"{name}-{_serial}");
        File.WriteAllText(stem + ".pem", certificate.ExportCertificatePem());
        File.WriteAllText(stem + ".key", key.ExportPkcs8PrivateKeyPem());
        return (stem + ".pem", stem + ".key");
    }

    public void Dispose() => _certificate.Dispose();
}
