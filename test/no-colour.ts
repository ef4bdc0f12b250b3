// A terminal or a CI may ask programs for colour; tests read plain words, from this process and from those it starts.
delete process.env.FORCE_COLOR;
process.env.NO_COLOR = "1";
