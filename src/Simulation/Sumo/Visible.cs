using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CityBrain.Simulation.Tests")]
[assembly: InternalsVisibleTo("CityBrain.Fuzz")]
