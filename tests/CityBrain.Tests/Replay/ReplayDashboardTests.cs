using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CityBrain.Testing;
using CityBrain.Tests.Archiving;
using Xunit;

namespace CityBrain.Tests.Replay;

/// <summary>The product's own replay over HTTP: marked as one, and doing as it is told.</summary>
[Collection(nameof(Alone))]
public sealed class ReplayDashboardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-replay-").FullName;
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_replay_pauses_seeks_steps_and_changes_its_speed()
    {
        SampleJournal.Write(_folder, 600);
        using RunningProgram replay = RunningProgram.Product("replay", _folder, "--port", "0", "--speed", "100");
        _http.BaseAddress = new Uri((await replay.LineWithAsync("replay ")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

        JsonElement view = await OrderAsync("""{"action":"pause"}""");
        Assert.True(view.GetProperty("paused").GetBoolean());
        long middle = SampleJournal.StartMs + 300_000;
        view = await OrderAsync($$"""{"action":"seek","atMs":{{middle}}}""");
        Assert.Equal(middle, view.GetProperty("atMs").GetInt64());
        string digest = view.GetProperty("digest").GetString()!;
        view = await OrderAsync("""{"action":"step"}""");
        Assert.Equal(middle + 1000, view.GetProperty("atMs").GetInt64());
        Assert.NotEqual(digest, view.GetProperty("digest").GetString());
        await OrderAsync($$"""{"action":"seek","atMs":{{SampleJournal.StartMs + 600_000}}}""");
        view = await OrderAsync($$"""{"action":"seek","atMs":{{middle}}}""");
        Assert.Equal(digest, view.GetProperty("digest").GetString());

        JsonElement state = await StateAtAsync(middle);
        Assert.Equal("Replay", state.GetProperty("clock").GetString());
        Assert.Equal("max-pressure", state.GetProperty("policy").GetString());

        Assert.Equal(1000, (await OrderAsync("""{"action":"speed","speed":1000}""")).GetProperty("speed").GetDouble());
        await OrderAsync("""{"action":"play"}""");
        for (int i = 0; i < 200 && !view.GetProperty("ended").GetBoolean(); i++)
        {
            await Task.Delay(50);
            view = await _http.GetFromJsonAsync<JsonElement>("/api/v1/replay");
        }
        Assert.Equal(SampleJournal.StartMs + 600_000, view.GetProperty("atMs").GetInt64());
        Assert.Equal(view.GetProperty("toMs").GetInt64(), view.GetProperty("atMs").GetInt64());
        replay.Interrupt();
        Assert.Equal(130, await replay.EndAsync());
    }

    [Fact]
    public async Task What_makes_no_sense_is_said()
    {
        SampleJournal.Write(_folder, 30);
        using RunningProgram replay = RunningProgram.Product("replay", _folder, "--port", "0");
        _http.BaseAddress = new Uri((await replay.LineWithAsync("replay ")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        foreach (string order in (string[])
            ["""{"action":"rewind"}""", """{"action":"seek"}""", """{"action":"speed","speed":0}""", """{"action":"speed","speed":1001}"""])
        {
            using HttpResponseMessage answer = await PostAsync(order);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.NotEmpty((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString()!);
        }
        using HttpResponseMessage form = await _http.PostAsync("/api/v1/replay", new StringContent("action=pause"));
        Assert.False(form.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData(66, "--port", "0")]
    [InlineData(2, "--port", "0", "--speed", "0.5")]
    [InlineData(2, "--port", "70000")]
    [InlineData(2, "--port", "0", "--bind", "here")]
    public async Task A_wrong_command_line_is_told(int code, params string[] options)
    {
        string journal = code == 66 ? "/nowhere" : _folder;
        if (code != 66) SampleJournal.Write(_folder, 5);
        using RunningProgram replay = RunningProgram.Product(["replay", journal, .. options]);
        Assert.Equal(code, await replay.EndAsync());
        Assert.StartsWith("citybrain: ", replay.Errors.First());
    }

    private async Task<JsonElement> StateAtAsync(long timeMs)
    {
        JsonElement state = default;
        for (int i = 0; i < 100; i++)
        {
            state = await _http.GetFromJsonAsync<JsonElement>("/api/v1/state");
            if (state.GetProperty("timeMs").GetInt64() == timeMs) break;
            await Task.Delay(50);
        }
        Assert.Equal(timeMs, state.GetProperty("timeMs").GetInt64());
        return state;
    }

    private async Task<JsonElement> OrderAsync(string order)
    {
        using HttpResponseMessage answer = await PostAsync(order);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private Task<HttpResponseMessage> PostAsync(string order) => _http.PostAsync(
        "/api/v1/replay", new StringContent(order, System.Text.Encoding.UTF8, "application/json"));
}
