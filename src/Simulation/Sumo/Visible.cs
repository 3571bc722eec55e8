using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CityBrain.Simulation.Tests")]
