// The worksheet's controls: being written.
