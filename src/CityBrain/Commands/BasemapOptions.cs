using System.CommandLine;
using CityBrain.Cli;
using CityBrain.Dashboard;
using CityBrain.Model;

namespace CityBrain.Commands;

/// <summary>The options of a map of the world that lies under the city on the dashboard.</summary>
internal sealed class BasemapOptions
{
    private readonly Option<string?> _source = new("--basemap")
    { Description = "map under the city: a PMTiles file, or the address of one or of tiles with {z}, {x} and {y}" };
    private readonly Option<string?> _attribution = new("--basemap-attribution")
    { Description = "whose map it is, as its licence wants it shown; else what the file says" };

    public void AddTo(Command command)
    {
        command.Add(_source);
        command.Add(_attribution);
    }

    /// <exception cref="CliFailure">No such file or address, or a city of which nobody knows where on Earth it lies.</exception>
    public Basemap? Read(ParseResult parsed, City city)
    {
        if (parsed.GetValue(_source) is not { } source) return null;
        if (city.Description.Origin is null)
            throw CliFailure.Usage("--basemap needs to know where on Earth the city lies, and its file has no origin");
        try
        {
            return Basemap.Of(source, parsed.GetValue(_attribution));
        }
        catch (DashboardStartException e)
        {
            throw CliFailure.Usage("--basemap: " + e.Message);
        }
    }
}
