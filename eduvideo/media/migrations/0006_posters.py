from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('media', '0005_recordings'),
    ]

    operations = [
        migrations.AddField(
            model_name='asset',
            name='poster_at_ms',
            field=models.PositiveBigIntegerField(help_text='Moment of that poster, if it is of the picture', null=True),
        ),
        migrations.AddField(
            model_name='asset',
            name='poster_prefix',
            field=models.CharField(blank=True, help_text='Folder of the poster that its creator chose, ending in "/"', max_length=100),
        ),
        migrations.AddField(
            model_name='transcodejob',
            name='poster_candidates',
            field=models.JSONField(default=list, help_text='[{at_ms, poster, thumbnail}, ...], paths like those'),
        ),
    ]
