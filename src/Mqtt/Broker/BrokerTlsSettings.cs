using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace CityBrain.Mqtt.Broker;

/// <summary>A broker's TLS in Kestrel's terms.</summary>
internal static class BrokerTlsSettings
{
    /// <summary>Extended key usage "client authentication" (RFC 5280 §4.2.1.12).</summary>
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static void Apply(MqttBrokerTls tls, HttpsConnectionAdapterOptions https)
    {
        https.ServerCertificate = tls.Certificate;
        https.ServerCertificateChain = tls.Chain;
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        if (tls.ClientAuthorities is not { } authorities)
        {
            return;
        }

        https.ClientCertificateMode = tls.RequireClientCertificate
            ? ClientCertificateMode.RequireCertificate
            : ClientCertificateMode.AllowCertificate;
        https.ClientCertificateValidation = (certificate, chain, _) => IsIssuedBy(authorities, certificate, chain);
    }

    /// <summary>True for a certificate of one of the authorities, valid now and meant for clients.</summary>
    private static bool IsIssuedBy(X509Certificate2Collection authorities, X509Certificate2 certificate, X509Chain? sent)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        }

        return chain.Build(certificate);
    }
}
