"""The local stack: MiniStack as AWS, ``template.yaml`` deployed to it by SAM, and the BSP simulator."""
