using System.Globalization;
using System.Net;
using System.Text;
using CityBrain.Testing;

namespace CityBrain.Tests.Archiving;

/// <summary>An HTTP server that gives one answer to everything.</summary>
internal sealed class RefusingServer : IDisposable
{
    private readonly HttpListener _listener = new();

    public RefusingServer(int status, string text)
    {
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{RunningProgram.FreePort()}");
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _ = AnswerAsync(status, Encoding.UTF8.GetBytes(text));
    }

    public string Url { get; }

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync(int status, byte[] text)
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                context.Response.StatusCode = status;
                await context.Response.OutputStream.WriteAsync(text);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
