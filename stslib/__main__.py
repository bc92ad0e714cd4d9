from stslib.cli import main

main()
