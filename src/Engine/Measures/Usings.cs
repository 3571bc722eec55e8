global using CityBrain.Model.HiRes;
