namespace CityBrain.Dashboard;

/// <summary>One frame as it goes to all viewers: encoded once, shared, never changed.</summary>
internal sealed record LiveFrame(uint Number, byte[] Key, byte[]? Delta, byte[] Vehicles);
