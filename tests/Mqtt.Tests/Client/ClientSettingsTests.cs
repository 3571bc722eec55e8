using System.Text;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;

namespace CityBrain.Mqtt.Tests.Client;

/// <summary>Where a client connects to, and how long it waits between two tries.</summary>
public sealed class ClientSettingsTests
{
    [Fact]
    public void Backoff_doubles_up_to_its_maximum_with_jitter()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), new Random(1));
        for (int i = 0; i < 40; i++)
        {
            double ceiling = Math.Min(1000, 100 * Math.Pow(2, i));
            Assert.InRange(backoff.Next().TotalMilliseconds, ceiling / 2, ceiling);
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalMilliseconds, 50, 100);
    }

    [Theory]
    [InlineData("mqtt://h", "h", 1883, false, null, null)]
    [InlineData("mqtt://u:p%40@h:99", "h", 99, false, "u", "p@")]
    [InlineData("mqtts://h", "h", 8883, true, null, null)]
    public void Addresses(string text, string host, int port, bool tls, string? user, string? password)
    {
        MqttClientOptions options = MqttClientOptions.FromUri(text);
        Assert.Equal((host, port, tls), (options.Host, options.Port, options.Tls is not null));
        Assert.Equal((user, password), (options.UserName, options.Password));
    }

    [Theory]
    [InlineData("http://h")]
    [InlineData("h:1883")]
    [InlineData("")]
    public void Other_addresses_are_refused(string text) =>
        Assert.Throws<FormatException>(() => MqttClientOptions.FromUri(text));
}
